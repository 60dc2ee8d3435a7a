import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { Platform } from "../components/platform.ts";
import { loadPlatformFile } from "../config/load-file.ts";
import { recordProgram } from "./record-program.ts";

/** The annotations of every Deployment's pods, by service, with this text as the server's authority. */
async function annotations(ca: string): Promise<Readonly<Record<string, unknown>>> {
  const spec = await loadPlatformFile("prod");
  const { resources } = await recordProgram(() => {
    new Platform(spec.name, {
      spec: { ...spec, server: { ...spec.server, tls: { ...spec.server.tls, ca } } },
      secrets: {},
      adminPassword: pulumi.secret("admin"),
    });
  });
  return Object.fromEntries(
    resources
      .filter(({ type }) => type === "kubernetes:apps/v1:Deployment")
      .map(({ name, inputs }) => {
        const { template } = inputs["spec"] as { template: { metadata: { annotations?: object } } };
        return [name, template.metadata.annotations ?? {}];
      }),
  );
}

test("another authority of the server rolls every service that connects to it, and no other", async () => {
  const [before, after] = [await annotations("one"), await annotations("two")];
  const rolled = Object.keys(before).filter(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
  const spec = await loadPlatformFile("prod");
  const connected = spec.services.filter(({ databases }) => databases.length > 0);
  expect(connected.length).toBeGreaterThan(0);
  expect(rolled.toSorted()).toEqual(
    connected.map(({ name }) => `${spec.name}-${name}-deployment`).toSorted(),
  );
  // Two whole programs are recorded, which takes seconds where builds run beside it.
}, 30_000);
