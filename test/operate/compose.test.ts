import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { loadPlatformFile } from "../../config/load-file.ts";
import { buildCompose } from "../../local/compose/build-compose.ts";
import { literal, required } from "../../local/compose/compose-file.ts";
import { passwordVariables } from "../../local/compose/compose-passwords.ts";
import { completeEnvFile } from "../../local/compose/env-file.ts";

const spec = await loadPlatformFile("dev");
const file = buildCompose(spec);

/** What a container waits for, directly and through what that waits for. */
function needsOf(name: string, found = new Set<string>()): Set<string> {
  for (const other of Object.keys(file.services[name]?.depends_on ?? {})) {
    if (found.has(other)) continue;
    found.add(other);
    needsOf(other, found);
  }
  return found;
}

test("the Compose file of dev is its golden file, with the digests of images masked", async () => {
  const text = stringify(file, { version: "1.1", lineWidth: 0, aliasDuplicateObjects: false });
  await expect(text.replace(/:[0-9a-f]{32}$/gm, ":<digest>")).toMatchFileSnapshot(
    "../golden/compose.txt",
  );
});

test("one service brings its databases, their migrations and its login, and nothing else", () => {
  expect([...needsOf("bff")].toSorted()).toEqual([
    "battlescope-auth-bootstrap",
    "battlescope-auth-migrate",
    "battlescope-battles-bootstrap",
    "battlescope-battles-migrate",
    "bff-login",
    "postgres",
  ]);
});

test("a service waits until the migration of each of its databases has succeeded", () => {
  expect(file.services["frontend"]?.depends_on).toEqual({
    "battlescope-auth-migrate": { condition: "service_completed_successfully" },
    "battlescope-battles-migrate": { condition: "service_completed_successfully" },
  });
});

test("Postgres is asked every 5 s, over TCP", () => {
  expect(file.services["postgres"]?.healthcheck).toEqual({
    test: ["CMD", "pg_isready", "--host=127.0.0.1", "--username=postgres"],
    interval: "5s",
    timeout: "5s",
    retries: 24,
  });
});

test("every password is a variable without which Compose refuses, and .env gets all of them", () => {
  const text = JSON.stringify(file);
  const named = [...text.matchAll(/\$\{(PASSWORD_[A-Z_]+):\?/g)].map((match) => match[1] ?? "");
  expect(new Set(named)).toEqual(new Set(passwordVariables(spec)));
  const plain = Object.values(file.services).flatMap(({ environment }) =>
    Object.entries(environment).filter(
      ([name, value]) => /PASSWORD/.test(name) && !value.startsWith("${"),
    ),
  );
  expect(plain).toEqual([]);
});

test("the runner's containers have no more rights than its pods", () => {
  for (const [name, service] of Object.entries(file.services)) {
    if (name === "postgres") continue;
    expect(service, name).toMatchObject({
      read_only: true,
      cap_drop: ["ALL"],
      security_opt: ["no-new-privileges:true"],
    });
  }
});

test("two services with one port get free ones, a dollar stays a dollar, a secret is required", () => {
  const [first, second] = spec.services;
  if (first === undefined || second === undefined) throw new Error("there are no services");
  const { services } = buildCompose({
    ...spec,
    services: [
      { ...first, port: 8080, env: { PRICE: "5$" }, secretEnv: { API_TOKEN: "token" } },
      { ...second, port: 8080 },
    ],
  });
  expect(services[first.name]?.ports).toEqual(["127.0.0.1::8080"]);
  expect(services[first.name]?.environment).toMatchObject({
    PRICE: literal("5$"),
    API_TOKEN: required("API_TOKEN", `a secret of ${first.name}; write it into .env`),
  });
  expect(literal("5$")).toBe("5$$");
});

test("a service with the name of a container that the platform needs is refused", () => {
  const [first] = spec.services;
  if (first === undefined) throw new Error("there are no services");
  expect(() =>
    buildCompose({ ...spec, services: [{ ...first, name: "postgres", databases: [] }] }),
  ).toThrow(
    'two containers would be called "postgres", of which the platform needs one itself: rename the service',
  );
});

test(".env keeps what it has, gets what is missing, and is its owner's only", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tidegate-compose-"));
  const path = join(folder, ".env");
  try {
    await writeFile(path, "PASSWORD_ADMIN=mine\nOTHER=1", { mode: 0o644 });
    expect(completeEnvFile(path, ["PASSWORD_ADMIN", "PASSWORD_A", "PASSWORD_B"])).toEqual([
      "PASSWORD_A",
      "PASSWORD_B",
    ]);
    const lines = (await readFile(path, "utf8")).trimEnd().split("\n");
    expect(lines.slice(0, 2)).toEqual(["PASSWORD_ADMIN=mine", "OTHER=1"]);
    expect(lines.slice(2).map((line) => line.replace(/=[\w-]{24}$/, "=<24>"))).toEqual([
      "PASSWORD_A=<24>",
      "PASSWORD_B=<24>",
    ]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(completeEnvFile(path, ["PASSWORD_A"])).toEqual([]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
