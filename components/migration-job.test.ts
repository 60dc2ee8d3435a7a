import { expect, test } from "vitest";
import type { DatabaseSpec } from "../config/spec.ts";
import type { MigrationJobArgs } from "./database-job.ts";
import { buildMigrationJob, migrationDigest } from "./migration-job.ts";

const database: DatabaseSpec = {
  name: "auth",
  kubeName: "auth",
  roles: { owner: "auth_owner", migrator: "auth_migrator", app: "auth_app", readonly: "auth_ro" },
  strategy: "job",
  migrationsDir: "migrations/auth",
  migrations: { format: 1, migrations: [] },
  delivery: {
    files: { "001_a.sql": "select 1;", rollback_1: "select 2;" },
    items: [
      { key: "001_a.sql", path: "001_a.sql" },
      { key: "rollback_1", path: "rollback/001_rollback.sql" },
    ],
    digest: "abc",
  },
  deadlineSeconds: 600,
  retries: 1,
  serverWaitSeconds: 30,
  lockWaitSeconds: 120,
  idleInTransactionSeconds: 300,
  resources: { limits: { memory: "256Mi" } },
  env: { LANG: "C" },
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

const SIDECAR = {
  name: "proxy",
  image: "registry/proxy@sha256:3",
  args: [],
  env: {},
  envFrom: [],
  resources: {},
};

const args: MigrationJobArgs = {
  database,
  phase: "expand",
  image: "registry/migrator@sha256:1",
  server: { host: "postgres.ns.svc", port: 5432, tls: { mode: "disable" } },
  secret: "auth-migrator",
  files: { name: "auth-migrations-abc", digest: "abc" },
  serviceAccount: "auth-migration",
  labels: { "tidegate.dev/database": "auth" },
};

/** The plain parts of a Job that a test looks at. */
function podOf(of: MigrationJobArgs) {
  const job = buildMigrationJob(of, "digest") as {
    backoffLimit: number;
    activeDeadlineSeconds: number;
    template: {
      metadata: { annotations: object };
      spec: {
        restartPolicy: string;
        initContainers: { name: string; args: string[]; env: { name: string }[] }[];
        containers: { name: string; args: string[]; env: { name: string }[] }[];
        volumes: object[];
      };
    };
  };
  return { job, pod: job.template.spec };
}

test("pre-flight-check leaves a verdict, and migrate fails at once with it", () => {
  const { pod } = podOf(args);
  expect(pod.initContainers.map(({ name, args: command }) => [name, ...command])).toEqual([
    [
      "pre-flight-check",
      "wait",
      "--expect-owner",
      "--within",
      "30",
      "--verdict",
      "/verdict/pre-flight.json",
    ],
  ]);
  expect(pod.containers.map(({ name, args: command }) => [name, ...command])).toEqual([
    [
      "migrate",
      "up",
      "--phase",
      "expand",
      "--ahead",
      "notice",
      "--expect-owner",
      "--verdict",
      "/verdict/pre-flight.json",
      "--lock-wait",
      "120",
      "--idle-in-transaction-timeout",
      "300",
      "--deadline",
      "570",
      "--retries",
      "1",
    ],
  ]);
});

test("migrations that arrive late are allowed by the database's key, and by nothing else", () => {
  const command = (outOfOrder: boolean) =>
    podOf({ ...args, database: { ...database, outOfOrder } }).pod.containers[0]?.args;
  expect(command(false)).not.toContain("--out-of-order");
  expect(command(true)?.slice(0, 6)).toEqual([
    "up",
    "--phase",
    "expand",
    "--ahead",
    "notice",
    "--out-of-order",
  ]);
});

test("a bound of statements is passed where the stack sets one", () => {
  const bounded = { ...args, database: { ...database, statementTimeoutSeconds: 90 } };
  const command = podOf(bounded).pod.containers[0]?.args ?? [];
  expect(command.slice(command.indexOf("--statement-timeout"))).toEqual([
    "--statement-timeout",
    "90",
    "--idle-in-transaction-timeout",
    "300",
    "--deadline",
    "570",
    "--retries",
    "1",
  ]);
});

test("both containers know their pod for the history, and the stack's key for their advice", () => {
  const { pod } = podOf(args);
  for (const { env } of [...pod.initContainers, ...pod.containers]) {
    expect(env).toContainEqual({ name: "TIDEGATE_DATABASE", value: "auth" });
    expect(env).toContainEqual({
      name: "POD_NAME",
      valueFrom: { fieldRef: { fieldPath: "metadata.name" } },
    });
  }
});

test("the runner gives up half a minute before the Job, so that it can still say why", () => {
  const { job, pod } = podOf(args);
  expect(job.activeDeadlineSeconds).toBe(600);
  expect(pod.containers[0]?.args).toContain("570");
  expect(pod.restartPolicy).toBe("Never");
});

test("retries are the runner's; a further pod is a setting of its own", () => {
  const { job, pod } = podOf(args);
  expect(job.backoffLimit).toBe(0);
  expect(pod.containers[0]?.args.slice(-2)).toEqual(["--retries", "1"]);
  const more = podOf({ ...args, database: { ...database, podRetries: 2 } });
  expect(more.job.backoffLimit).toBe(2);
});

test("sidecars start before the check, which may reach the server through one of them only", () => {
  const { pod } = podOf({ ...args, database: { ...database, pod: { sidecars: [SIDECAR] } } });
  expect(pod.initContainers.map(({ name }) => name)).toEqual(["proxy", "pre-flight-check"]);
});

test("the webhook's variables reach the container that migrates, and no other", () => {
  const { pod } = podOf({ ...args, notifyEnv: [{ name: "NOTIFY_ON", value: "failure" }] });
  const names = (containers: typeof pod.containers) =>
    containers.flatMap(({ env }) => env.map(({ name }) => name));
  expect(names(pod.containers)).toContain("NOTIFY_ON");
  expect(names(pod.initContainers)).not.toContain("NOTIFY_ON");
});

test("flat keys of the ConfigMap are put back to their paths", () => {
  expect(podOf(args).pod.volumes).toContainEqual({
    name: "migrations",
    configMap: {
      name: "auth-migrations-abc",
      items: [
        { key: "001_a.sql", path: "001_a.sql" },
        { key: "rollback_1", path: "rollback/001_rollback.sql" },
      ],
    },
  });
});

test("no variable carries a password: all of the connection comes from the Secret", () => {
  for (const { env } of [...podOf(args).pod.initContainers, ...podOf(args).pod.containers]) {
    expect(env).toContainEqual({
      name: "PGPASSWORD",
      valueFrom: { secretKeyRef: { name: "auth-migrator", key: "password" } },
    });
  }
});

test.each<[string, Partial<MigrationJobArgs>]>([
  ["another image", { image: "registry/migrator@sha256:2" }],
  ["other migrations", { files: { name: "auth-migrations-abc", digest: "def" } }],
  ["another setting", { database: { ...database, deadlineSeconds: 700 } }],
  [
    "another node",
    { database: { ...database, pod: { scheduling: { nodeSelector: { a: "b" } } } } },
  ],
  ["late migrations allowed", { database: { ...database, outOfOrder: true } }],
  ["a raised run", { database: { ...database, run: 1 } }],
  ["another server", { server: { ...args.server, host: "other.svc" } }],
])("%s is another digest, and so another Job", (_what, change) => {
  expect(migrationDigest({ ...args, ...change })).not.toBe(migrationDigest(args));
});

test("another commit alone is no reason to run the Job again", () => {
  expect(migrationDigest({ ...args, commit: "abc" })).toBe(migrationDigest(args));
});
