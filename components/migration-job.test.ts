import { expect, test } from "vitest";
import type { DatabaseSpec } from "../config/spec.ts";
import { buildMigrationJob, migrationDigest, type MigrationJobArgs } from "./migration-job.ts";

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
  resources: { limits: { memory: "256Mi" } },
  env: { LANG: "C" },
  extensions: [],
  after: [],
  protect: false,
  run: 0,
  ahead: "notice",
  maintenance: false,
  manualRuns: true,
};

const args: MigrationJobArgs = {
  database,
  phase: "expand",
  image: "registry/migrator@sha256:1",
  server: { host: "postgres.ns.svc", port: 5432, tls: { mode: "disable" } },
  secret: "auth-migrator",
  configMap: "auth-migrations-abc",
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
    ["pre-flight-check", "wait", "--expect-owner", "--verdict", "/verdict/pre-flight.json"],
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
      "--deadline",
      "570",
    ],
  ]);
});

test("the runner gives up half a minute before the Job, so that it can still say why", () => {
  const { job, pod } = podOf(args);
  expect(job.activeDeadlineSeconds).toBe(600);
  expect(pod.containers[0]?.args.at(-1)).toBe("570");
  expect(job.backoffLimit).toBe(1);
  expect(pod.restartPolicy).toBe("Never");
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
  ["other migrations", { configMap: "auth-migrations-def" }],
  ["another setting", { database: { ...database, deadlineSeconds: 700 } }],
  ["a raised run", { database: { ...database, run: 1 } }],
  ["another server", { server: { ...args.server, host: "other.svc" } }],
])("%s is another digest, and so another Job", (_what, change) => {
  expect(migrationDigest({ ...args, ...change })).not.toBe(migrationDigest(args));
});

test("another commit alone is no reason to run the Job again", () => {
  expect(migrationDigest({ ...args, commit: "abc" })).toBe(migrationDigest(args));
});
