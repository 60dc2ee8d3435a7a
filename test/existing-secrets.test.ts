import { beforeAll, describe, expect, test, vi } from "vitest";
import type { PlatformSpec } from "../config/spec.ts";
import {
  DATABASE,
  DEPLOYMENT,
  JOB,
  LOGIN,
  MIGRATION,
  oneService,
  record,
  SERVICE,
  withChange,
} from "./one-service.ts";
import { podOf } from "./pod-security.ts";

// Each test runs a whole program, some several.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let dev: PlatformSpec;
let prod: PlatformSpec;

beforeAll(async () => {
  dev = await oneService("dev");
  prod = await oneService("prod");
});

describe("existing Secrets", () => {
  const existingSecret = { name: "given", keys: { username: "user", password: "pass" } };

  test("of a service take the place of its login, its role and its Secret", async () => {
    const spec = withChange(dev, {
      service: ({ databases }) => ({
        databases: databases.map((use) => ({
          ...use,
          env: { PGUSER: "username", PGPASSWORD: "password", PGHOST: "host" },
          existingSecret,
        })),
      }),
    });
    const { find, resources } = await record(spec);
    expect(resources.filter(({ name }) => name.startsWith(LOGIN))).toEqual([]);
    const pod = podOf(find(DEPLOYMENT, `tidegate-${SERVICE}-deployment`));
    const text = JSON.stringify(pod);
    const keyRef = (key: string) => `"secretKeyRef":{"key":"${key}","name":"given"}`;
    const sorted = JSON.stringify(sortKeys(pod));
    expect(sorted).toContain(keyRef("user"));
    expect(sorted).toContain(keyRef("pass"));
    expect(text).toContain(`"name":"BATTLESCOPE_INGESTION_PGDATABASE","value":"${DATABASE}"`);
    expect(text).not.toContain(`${SERVICE}-login`);
  });

  test("of a migrator take the place of its role, its password and its Secret, in both ways", async () => {
    for (const spec of [dev, prod]) {
      const changed = withChange(spec, { database: { migratorLogin: { existingSecret } } });
      const { find, resources } = await record(changed);
      const names = resources.map(({ name }) => name);
      expect(names.filter((name) => /battlescope-ingestion-migrator/.test(name))).toEqual([]);
      expect(names).not.toContain("tidegate-battlescope-ingestion-access-migrator");
      expect(JSON.stringify(podOf(find(JOB, `${MIGRATION}-job`)))).toContain('"name":"given"');
    }
  });

  test("of the admin reach bootstrap Jobs, and no password is asked for", async () => {
    const changed = withChange(prod, { admin: { existingSecret } });
    const { find, resources } = await record(changed);
    expect(resources.filter(({ name }) => name.endsWith("-postgres-admin"))).toEqual([]);
    const pod = JSON.stringify(podOf(find(JOB, `${LOGIN}-bootstrap`)));
    expect(pod).toContain('"name":"given"');
  });
});

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, node]) => [key, sortKeys(node)]),
  );
}
