import { describe, expect, test } from "vitest";
import { generatedSource } from "./connection-source.ts";
import type { ForeignRunnerSpec } from "../config/spec.ts";
import type { DatabaseSpec } from "../config/spec.ts";
import { buildForeignContainer, buildForeignRollbackContainer } from "./foreign-container.ts";
import { buildEndJob, type ForeignEndArgs } from "./foreign-end-job.ts";
import { buildForeignJob, buildForeignRollbackJob, foreignDigest } from "./foreign-job.ts";
import { buildForeignSchema } from "./foreign-schema.ts";

const runner: ForeignRunnerSpec = {
  image: { reference: "registry/knex@sha256:1" },
  args: ["migrate:latest"],
  env: { NODE_ENV: "production" },
  connection: { DATABASE_URL: "url" },
  secretEnv: { TOKEN: "apiToken" },
  envFrom: [{ secret: "shared" }, { configMap: "settings" }],
  user: 65532,
  gate: { by: "history", history: { tool: "knex", table: "ops.done" } },
  migrations: ["1_a", "2_b"],
  digest: "abc",
  rollback: { args: ["migrate:rollback"], env: { DEBUG: "knex:*" } },
};

const database: DatabaseSpec = {
  name: "shop",
  kubeName: "shop",
  roles: { owner: "shop_owner", migrator: "shop_migrator", app: "shop_app", readonly: "shop_ro" },
  strategy: "job",
  migrationsDir: "shop/migrations",
  migrations: { format: 1, migrations: [] },
  runner,
  delivery: { files: {}, items: [], digest: "" },
  deadlineSeconds: 600,
  retries: 0,
  podRetries: 2,
  serverWaitSeconds: 60,
  lockWaitSeconds: 240,
  idleInTransactionSeconds: 300,
  resources: { limits: { memory: "256Mi" } },
  env: {},
  extensions: [],
  after: [],
  protect: false,
  run: 0,
  ahead: "notice",
  outOfOrder: false,
  maintenance: false,
  manualRuns: true,
  olderVersions: "refuse",
};

const args: ForeignEndArgs = {
  database,
  runner,
  image: "registry/migrator@sha256:2",
  server: { host: "postgres.ns.svc", port: 5432, tls: { mode: "disable" } },
  secret: generatedSource("shop-migrator"),
  files: { name: "shop-migrations-abc", digest: "abc" },
  secretEnvName: "shop-runner-env",
  serviceAccount: "shop-migration",
  labels: { "tidegate.dev/database": "shop" },
};

interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly securityContext: object;
  readonly terminationMessagePolicy: string;
  readonly volumeMounts: readonly object[];
}

/** The plain parts of a Job that a test looks at. */
function read(job: object | undefined) {
  const spec = job as {
    backoffLimit: number;
    activeDeadlineSeconds: number;
    template: {
      spec: { initContainers?: Container[]; containers: Container[]; volumes: object[] };
    };
  };
  const { initContainers: [before] = [], containers, volumes } = spec.template.spec;
  return { spec, before, main: containers[0], volumes };
}

describe("the Job of another tool", () => {
  test("runs the tool behind the same check, which seals its history and reads no folder", () => {
    const { before, main, spec } = read(buildForeignJob(args, "digest"));
    expect([before?.name, before?.image, ...(before?.args ?? [])]).toEqual([
      "pre-flight-check",
      "registry/migrator@sha256:2",
      "wait",
      "--expect-owner",
      "--seal",
      "knex=ops.done",
    ]);
    expect(before?.env).toContainEqual({ name: "MIGRATIONS_DIR", value: "" });
    expect([main?.name, main?.image, main?.command, main?.args]).toEqual([
      "migrate",
      "registry/knex@sha256:1",
      undefined,
      ["migrate:latest"],
    ]);
    expect([spec.activeDeadlineSeconds, spec.backoffLimit]).toEqual([600, 2]);
  });

  test("leaves the end of the tool's log as its reason, and gives it a user and a folder to write", () => {
    const { main, volumes } = read(buildForeignJob(args, "digest"));
    expect(main?.terminationMessagePolicy).toBe("FallbackToLogsOnError");
    expect(main?.securityContext).toEqual({
      runAsUser: 65532,
      runAsGroup: 65532,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    expect(main?.volumeMounts).toEqual([{ name: "tmp", mountPath: "/tmp" }]);
    expect(volumes).toEqual([{ name: "tmp", emptyDir: {} }]);
  });

  test("takes its environment from values, the migrator's Secret, its own Secret and existing ones", () => {
    const { env, envFrom } = buildForeignContainer(args);
    expect(env).toEqual([
      { name: "HOME", value: "/tmp" },
      { name: "NODE_ENV", value: "production" },
      {
        name: "DATABASE_URL",
        valueFrom: { secretKeyRef: { name: "shop-migrator", key: "url" } },
      },
      {
        name: "TOKEN",
        valueFrom: { secretKeyRef: { name: "shop-runner-env", key: "TOKEN" } },
      },
    ]);
    expect(envFrom).toEqual([
      { secretRef: { name: "shared" } },
      { configMapRef: { name: "settings" } },
    ]);
  });

  test("mounts the folder where the tool reads it, from flat keys", () => {
    const delivery = {
      files: { "meta--_journal.json": "{}" },
      items: [{ key: "meta--_journal.json", path: "meta/_journal.json" }],
      digest: "d",
    };
    const mounted = { ...args, runner: { ...runner, mount: { path: "/app/m", delivery } } };
    const { main, volumes } = read(buildForeignJob(mounted, "digest"));
    expect(main?.volumeMounts).toContainEqual({
      name: "migrations",
      mountPath: "/app/m",
      readOnly: true,
    });
    expect(volumes).toContainEqual({
      name: "migrations",
      configMap: { name: "shop-migrations-abc", items: delivery.items },
    });
  });

  test("seals nothing of a tool whose table nobody knows", () => {
    const unknown = { ...args, runner: { ...runner, gate: { by: "none" } as const } };
    expect(read(buildForeignJob(unknown, "")).before?.args).toEqual(["wait", "--expect-owner"]);
  });

  test.each<[string, Partial<ForeignRunnerSpec>]>([
    ["a file in its folder", { digest: "abd" }],
    ["its image", { image: { reference: "registry/knex@sha256:9" } }],
    ["its words", { args: ["migrate:up"] }],
    ["its environment", { env: { NODE_ENV: "test" } }],
  ])("runs again after a change of %s", (_, change) => {
    const other = { ...args, runner: { ...runner, ...change } };
    expect(foreignDigest(other)).not.toBe(foreignDigest(args));
  });

  test("runs again when run is raised, and not for its rollback", () => {
    const raised = { ...args, database: { ...database, run: 1 } };
    expect(foreignDigest(raised)).not.toBe(foreignDigest(args));
    const { rollback: _, ...rest } = runner;
    expect(foreignDigest({ ...args, runner: rest })).toBe(foreignDigest(args));
  });
});

describe("the rollback of another tool", () => {
  test("is the same container with its own words and variables, tried once", () => {
    const container = buildForeignRollbackContainer(args);
    expect([container?.name, container?.image, container?.args, container?.user]).toEqual([
      "rollback",
      "registry/knex@sha256:1",
      ["migrate:rollback"],
      65532,
    ]);
    expect(container?.env).toContainEqual({ name: "DEBUG", value: "knex:*" });
    expect(container?.env).toContainEqual({ name: "NODE_ENV", value: "production" });
    expect(read(buildForeignRollbackJob(args)).spec.backoffLimit).toBe(0);
    expect(read(buildForeignRollbackJob(args)).before?.name).toBe("pre-flight-check");
  });

  test("has a command of its own where one is given, else the runner's", () => {
    const command = ["node", "rollback.js"];
    const own = { ...runner, rollback: { command, args: [], env: {} } };
    expect(buildForeignRollbackContainer({ ...args, runner: own })?.command).toEqual(command);
    const shared = { ...runner, command: ["knex"] };
    expect(buildForeignRollbackContainer({ ...args, runner: shared })?.command).toEqual(["knex"]);
  });

  test("is not made where the database names none", () => {
    const { rollback: _, ...rest } = runner;
    expect(buildForeignRollbackJob({ ...args, runner: rest })).toBeUndefined();
  });
});

describe("the check at the end", () => {
  test("looks for what must have arrived, with the migrator's login, and seals the history", () => {
    const { main, before, volumes } = read(buildEndJob(args, "digest"));
    expect(before).toBeUndefined();
    expect([main?.image, ...(main?.args ?? [])]).toEqual([
      "registry/migrator@sha256:2",
      "wait",
      "--schema",
      "/etc/tidegate/schema/schema.json",
      "--timeout",
      "10",
      "--seal",
      "knex=ops.done",
    ]);
    expect(volumes).toEqual([
      {
        name: "wanted",
        configMap: {
          name: "shop-migrations-abc",
          items: [{ key: "schema.json", path: "schema.json" }],
        },
      },
    ]);
  });

  test("waits for the tool's own names, and for none of a tool that is not known", () => {
    expect(buildForeignSchema(database, runner, "pulumi up")).toEqual({
      format: 2,
      database: "shop",
      command: "pulumi up",
      migrations: ["1_a", "2_b"],
      history: { tool: "knex", table: "ops.done" },
    });
    const unknown = { ...runner, gate: { by: "none" } as const };
    expect(buildForeignSchema(database, unknown, "pulumi up")).toBeUndefined();
  });
});
