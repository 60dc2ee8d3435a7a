import { expect, test } from "vitest";
import { loadPlatformFile } from "./load-file.ts";

const SERVICES = [
  "authentication",
  "ingestion",
  "enrichment",
  "battle",
  "notification",
  "search",
  "bff",
  "frontend",
];

test("dev builds its images, under references that are known before, and starts its server", async () => {
  const spec = await loadPlatformFile("dev");
  expect(spec.server.kind).toBe("docker");
  expect(spec.provisioning).toBe("provider");
  expect(spec.images.migrator.reference).toMatch(
    /^localhost:5000\/tidegate-migrator:[0-9a-f]{32}$/,
  );
  expect(spec.services.map(({ name }) => name).toSorted()).toEqual(SERVICES.toSorted());
  const images = new Set(spec.services.map(({ image }) => image.reference));
  expect([...images]).toEqual([
    expect.stringMatching(/^localhost:5000\/battlescope-service:[0-9a-f]{32}$/),
  ]);
}, 30_000);

test("prod names every image by digest, so that it needs no Docker", async () => {
  const spec = await loadPlatformFile("prod");
  const images = [spec.images.migrator, spec.images.gate, ...spec.services.map((s) => s.image)];
  expect(images.filter(({ build }) => build !== undefined)).toEqual([]);
  for (const { reference } of images) expect(reference).toMatch(/@sha256:[0-9a-f]{64}$/);
});

test("prod verifies its server, protects its databases and runs two of everything", async () => {
  const spec = await loadPlatformFile("prod");
  expect(spec.server.kind).toBe("external");
  expect(spec.server.tls).toMatchObject({
    mode: "verify-full",
    caFile: "examples/battlescope/tls/ca.pem",
  });
  expect(spec.provisioning).toBe("job");
  expect(spec.databases.map(({ protect }) => protect)).toEqual([true, true, true, true, true]);
  expect(spec.services.filter(({ replicas }) => replicas < 2)).toEqual([]);
});

test("both stacks deploy the same databases to the same services", async () => {
  const shapes = await Promise.all(
    ["dev", "prod"].map(async (stack) => {
      const { databases, services } = await loadPlatformFile(stack);
      return {
        databases: databases.map(({ name, migrations }) => [name, migrations]),
        services: services.map(({ name, databases: used, waitsFor, port }) => ({
          name,
          port,
          waitsFor,
          used: used.map(({ database, role }) => [database, role]),
        })),
      };
    }),
  );
  expect(shapes[0]).toEqual(shapes[1]);
}, 30_000);
