import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { Platform } from "../components/platform.ts";
import { loadPlatformFile } from "../config/load-file.ts";
import { serviceLogins } from "../config/names.ts";
import type { BackupSpec, DatabaseSpec, PlatformSpec, ServiceSpec } from "../config/spec.ts";
import { podOf, violations } from "./pod-security.ts";
import { PLAIN_PASSWORD, type Recorded, type Recording, recordProgram } from "./record-program.ts";

const SERVICE = "ingestion";
const DATABASE = "battlescope_ingestion";
const DEPLOYMENT = "kubernetes:apps/v1:Deployment";
const JOB = "kubernetes:batch/v1:Job";
const ROLE = "postgresql:index/role:Role";
const LOGIN = `tidegate-${SERVICE}-login`;
const MIGRATION = "tidegate-battlescope-ingestion-migration";

// Each test runs a whole program, some several.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let dev: PlatformSpec;
let prod: PlatformSpec;

beforeAll(async () => {
  dev = alone(await loadPlatformFile("dev"));
  prod = alone(await loadPlatformFile("prod"));
});

/** One database and its service: a whole platform is another test's. */
function alone(spec: PlatformSpec): PlatformSpec {
  return {
    ...spec,
    databases: spec.databases.filter(({ name }) => name === DATABASE),
    services: spec.services.filter(({ name }) => name === SERVICE),
  };
}

interface Change {
  readonly service?: (service: ServiceSpec) => Partial<ServiceSpec>;
  readonly database?: Partial<DatabaseSpec>;
  readonly admin?: Partial<PlatformSpec["server"]["admin"]>;
}

/** A platform with one service and one database changed. */
function withChange(spec: PlatformSpec, { service, database, admin }: Change): PlatformSpec {
  return {
    ...spec,
    server: { ...spec.server, admin: { ...spec.server.admin, ...admin } },
    databases: spec.databases.map((entry) =>
      entry.name === DATABASE ? { ...entry, ...database } : entry,
    ),
    services: spec.services.map((entry) =>
      entry.name === SERVICE ? { ...entry, ...service?.(entry) } : entry,
    ),
  };
}

async function record(spec: PlatformSpec): Promise<Recording> {
  return await recordProgram(() => {
    new Platform(spec.name, {
      spec,
      secrets: {},
      ...(spec.server.kind === "external" &&
        spec.server.admin.existingSecret === undefined && {
          adminPassword: pulumi.secret(`${PLAIN_PASSWORD}admin`),
        }),
    });
  });
}

function atGeneration(spec: PlatformSpec, passwordGeneration: number): PlatformSpec {
  return withChange(spec, {
    service: () => ({ logins: serviceLogins(SERVICE, passwordGeneration), passwordGeneration }),
  });
}

/** Whether one resource waits for another, directly. */
function waits(one: Recorded, other: Recorded): boolean {
  return one.dependencies.includes(other.urn);
}

describe("a renewed password of a service", () => {
  test.each([
    [1, "b", "a"],
    [2, "a", "b"],
    [3, "b", "a"],
  ])(
    "by the provider, in generation %i: login %s, Secret, Deployment, then the other is locked",
    async (generation, used, locked) => {
      const { find } = await record(atGeneration(dev, generation));
      const active = find(ROLE, `${LOGIN}-access-${used}`);
      const other = find(ROLE, `${LOGIN}-access-${locked}`);
      const secret = find("kubernetes:core/v1:Secret", `${LOGIN}-secret`);
      const deployment = find(DEPLOYMENT, `tidegate-${SERVICE}-deployment`);
      expect(active.inputs["login"]).toBe(true);
      expect(other.inputs["login"]).toBe(false);
      expect(waits(secret, active)).toBe(true);
      expect(waits(deployment, secret)).toBe(true);
      expect(waits(other, deployment)).toBe(true);
      expect(waits(active, deployment)).toBe(false);
      for (const { name, hooks } of [active, other]) {
        expect(hooks.beforeUpdate).toEqual([`${name}-rotation`]);
      }
      const template = JSON.stringify(deployment.inputs);
      expect(template).toContain(`"tidegate.dev/login":"${SERVICE}_${used}"`);
      expect(template).toContain(`"tidegate.dev/password-generation":"${generation}"`);
    },
  );

  test("by Jobs: one opens a login before the rollout, another locks the other after it", async () => {
    const { find } = await record(atGeneration(prod, 1));
    const open = find(JOB, `${LOGIN}-bootstrap`);
    const lock = find(JOB, `${LOGIN}-retire`);
    const deployment = find(DEPLOYMENT, `tidegate-${SERVICE}-deployment`);
    expect(waits(deployment, open)).toBe(true);
    expect(waits(lock, deployment)).toBe(true);
    expect(planOf(open).logins).toMatchObject([
      { role: `${SERVICE}_b`, canLogin: true, generation: 1 },
    ]);
    expect(planOf(lock).logins).toMatchObject([
      { role: `${SERVICE}_a`, canLogin: false, generation: 1, graceSeconds: 35 },
    ]);
  });

  test("that was never renewed needs one Job and no annotation", async () => {
    const { find, resources } = await record(prod);
    expect(planOf(find(JOB, `${LOGIN}-bootstrap`)).logins.length).toBe(2);
    expect(resources.filter(({ name }) => name.includes("-retire"))).toEqual([]);
    const all = JSON.stringify(resources.map(({ inputs }) => inputs));
    expect(all).not.toContain("password-generation");
    expect(all).not.toContain("keepers");
  });

  test("only the password of the login that comes into use is another one", async () => {
    const { find } = await record(atGeneration(dev, 2));
    const keepers = ["a", "b"].map(
      (suffix) =>
        find("random:index/randomPassword:RandomPassword", `${LOGIN}-password-${suffix}-value`)
          .inputs["keepers"],
    );
    expect(keepers).toEqual([{ generation: "2" }, { generation: "1" }]);
  });
});

describe("the admin's renewed password", () => {
  test("is set by a Job before anybody logs in with it, and the container keeps its first one", async () => {
    const { find, resources } = await record(withChange(dev, { admin: { passwordGeneration: 2 } }));
    const job = find(JOB, "tidegate-postgres-admin-renewed-renew");
    const provider = resources.find(({ type }) => type === "pulumi:providers:postgresql");
    expect(provider?.dependencies).toContain(job.urn);
    expect(planOf(job).admin).toEqual({
      passwordEnv: "ADMIN_PASSWORD_SENT",
      previousEnv: "ADMIN_PASSWORDS_BEFORE",
    });
    const made = resources.filter(({ name }) => /-admin-renewed-\d-value$/.test(name));
    expect(made.map(({ name }) => name).toSorted()).toEqual([
      "tidegate-postgres-admin-renewed-1-value",
      "tidegate-postgres-admin-renewed-2-value",
    ]);
  });
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

describe("a backup before a migration", () => {
  const volume: BackupSpec = {
    kind: "volume",
    image: "postgres:17",
    keep: 7,
    volume: { claim: "battlescope-ingestion-backups", make: { size: "1Gi" } },
  };

  test("stands between the check and the migration, and adds its volume and its restore", async () => {
    const before = await record(dev);
    const { find, resources } = await record(withChange(dev, { database: { backup: volume } }));
    const job = find(JOB, `${MIGRATION}-job`);
    expect(initContainers(job)).toEqual(["pre-flight-check", "backup"]);
    const claim = find("kubernetes:core/v1:PersistentVolumeClaim", `${MIGRATION}-backup-claim`);
    expect(waits(job, claim)).toBe(true);
    const text = JSON.stringify(podOf(job));
    expect(text).toContain('"--backup","/verdict"');
    const added = resources.filter(({ urn }) => !before.resources.some((one) => one.urn === urn));
    expect(added.map(({ name }) => name).toSorted()).toEqual([
      `${MIGRATION}-backup`,
      `${MIGRATION}-backup-claim`,
      `${MIGRATION}-backup-restore`,
    ]);
  });

  test("runs in pods that pass the rules of Pod Security restricted, as does its restore", async () => {
    const { find } = await record(withChange(dev, { database: { backup: volume } }));
    const cron = find("kubernetes:batch/v1:CronJob", `${MIGRATION}-backup-restore`);
    const spec = cron.inputs["spec"] as {
      suspend: boolean;
      jobTemplate: { spec: { template: { spec: Parameters<typeof violations>[0] } } };
    };
    expect(spec.suspend).toBe(true);
    expect(violations(spec.jobTemplate.spec.template.spec)).toEqual([]);
    const pod = podOf(find(JOB, `${MIGRATION}-job`));
    expect(pod === undefined ? ["no pod"] : violations(pod)).toEqual([]);
  });

  test("by a snapshot: the Job waits until it can be used, and a new Job takes another one", async () => {
    const snapshot: BackupSpec = { kind: "snapshot", claim: "data-postgres-0", class: "csi" };
    const taken = async (run: number): Promise<{ name: string; object: Recorded }> => {
      const spec = withChange(dev, { database: { backup: snapshot, run } });
      const { find } = await record(spec);
      const object = find(
        "kubernetes:snapshot.storage.k8s.io/v1:VolumeSnapshot",
        `${MIGRATION}-snapshot-object`,
      );
      expect(waits(find(JOB, `${MIGRATION}-job`), object)).toBe(true);
      const metadata = object.inputs["metadata"] as { name: string; annotations: object };
      expect(metadata.annotations).toEqual({
        "pulumi.com/waitFor": "jsonpath={.status.readyToUse}=true",
      });
      return { name: metadata.name, object };
    };
    const [one, again, other] = [await taken(0), await taken(0), await taken(1)];
    expect(one.object.inputs["spec"]).toEqual({
      volumeSnapshotClassName: "csi",
      source: { persistentVolumeClaimName: "data-postgres-0" },
    });
    expect(one.name).toMatch(/^data-postgres-0-[0-9a-f]{8}$/);
    expect(again.name).toBe(one.name);
    expect(other.name).not.toBe(one.name);
  });
});

function planOf(job: Recorded): { logins: readonly object[]; admin?: object } {
  const text = JSON.stringify(podOf(job));
  const [, plan = ""] = /"name":"BOOTSTRAP_PLAN","value":("(?:[^"\\]|\\.)*")/.exec(text) ?? [];
  return JSON.parse(JSON.parse(plan) as string) as { logins: readonly object[]; admin?: object };
}

function initContainers(job: Recorded): readonly string[] {
  return (podOf(job)?.initContainers ?? []).map(({ name }) => name);
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, node]) => [key, sortKeys(node)]),
  );
}
