import type { types } from "@pulumi/kubernetes";
import { ENV } from "@tidegate/migrator/contract";
import type { DatabaseSpec } from "../config/spec.ts";
import { buildCaMount, buildRunnerEnv, type PodAddress } from "./connection.ts";
import { digestOf } from "./digest.ts";
import { buildRunnerJob, type RunnerContainer } from "./runner-job.ts";

/** How much earlier than the Job the runner gives up, in seconds, so that it can still report. */
export const REPORT_SECONDS = 30;

const MIGRATIONS_DIR = "/migrations";
const VERDICT_DIR = "/verdict";
export const VERDICT_FILE = `${VERDICT_DIR}/pre-flight.json`;

/**
 * Annotation of the pod with the digest of all that makes the Job. Its change replaces the Job, and the
 * hook compares it: a Job that was left out of an update is the one of an older release.
 */
export const DIGEST_ANNOTATION = "tidegate.dev/digest";

/** Annotation of the pod with the commit that is deployed; it reaches the history. */
export const COMMIT_ANNOTATION = "tidegate.dev/commit";

export interface MigrationJobArgs {
  readonly database: DatabaseSpec;
  readonly phase: "expand" | "contract";
  readonly image: string;
  readonly server: PodAddress;
  /** Secret with the migrator's connection. */
  readonly secret: string;
  /** ConfigMap with the migrations. */
  readonly configMap: string;
  readonly serviceAccount: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly commit?: string;
}

/**
 * What a Job is made of, in a few digits. Only plain values are in it: one that depended on an output
 * would be unknown in a preview.
 */
export function migrationDigest(args: MigrationJobArgs): string {
  const { commit: _commit, ...rest } = args;
  return digestOf({
    job: buildMigrationJob(rest, ""),
    // Another server is another database, which nobody has migrated.
    server: { host: args.server.host, port: args.server.port },
    run: args.database.run,
  });
}

/** The runner's command that brings a database as far as it may go. */
function migrateCommand({ database, phase }: MigrationJobArgs): readonly string[] {
  const upTo = database.pinned?.keeps?.at(-1);
  // A rollback whose target only the database knows, or of everything: nothing is run, the state is said.
  if (database.pinned !== undefined && upTo === undefined) return ["wait", "--expect-owner"];
  return [
    "up",
    "--phase",
    phase,
    ...(upTo === undefined ? [] : ["--to", upTo]),
    "--ahead",
    database.ahead,
    "--expect-owner",
    "--verdict",
    VERDICT_FILE,
    "--deadline",
    String(database.deadlineSeconds - REPORT_SECONDS),
  ];
}

/**
 * The Job that brings one database to the newest migration of one phase.
 *
 * @param digest its {@link migrationDigest}.
 */
export function buildMigrationJob(
  args: MigrationJobArgs,
  digest: string,
): types.input.batch.v1.JobSpec {
  return buildDatabaseJob(args, {
    annotations: { [DIGEST_ANNOTATION]: digest },
    main: { name: "migrate", args: migrateCommand(args) },
    deadlineSeconds: args.database.deadlineSeconds,
  });
}

/** What tells one Job on a database from another. */
export interface DatabaseRun {
  /** Annotations of the pod, besides the commit. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Labels of the pod, over those of the database. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly main: {
    readonly name: string;
    readonly args: readonly string[];
    readonly env?: readonly types.input.core.v1.EnvVar[];
  };
  /** Bound of the Job, in seconds. */
  readonly deadlineSeconds: number;
}

/** A Job of the runner on one database, as its migrator: `pre-flight-check`, then the command. */
export function buildDatabaseJob(
  args: MigrationJobArgs,
  run: DatabaseRun,
): types.input.batch.v1.JobSpec {
  const { database } = args;
  const ca = buildCaMount(args.server.caConfigMap);
  const env: types.input.core.v1.EnvVar[] = [
    ...Object.entries(database.env).map(([name, value]) => ({ name, value })),
    ...buildRunnerEnv(args.secret, args.server.tls),
    { name: ENV.migrationsDir, value: MIGRATIONS_DIR },
    {
      name: ENV.gitCommit,
      valueFrom: { fieldRef: { fieldPath: `metadata.annotations['${COMMIT_ANNOTATION}']` } },
    },
  ];
  const mounts: types.input.core.v1.VolumeMount[] = [
    { name: "migrations", mountPath: MIGRATIONS_DIR, readOnly: true },
    { name: "verdict", mountPath: VERDICT_DIR },
    ...ca.mounts,
  ];
  const container = (
    name: string,
    command: readonly string[],
    more: readonly types.input.core.v1.EnvVar[] = [],
  ): RunnerContainer => ({
    name,
    args: command,
    env: [...env, ...more],
    mounts,
  });
  return buildRunnerJob({
    image: args.image,
    labels: { ...args.labels, ...run.labels },
    annotations: { ...run.annotations, [COMMIT_ANNOTATION]: args.commit ?? "" },
    serviceAccount: args.serviceAccount,
    before: container("pre-flight-check", ["wait", "--expect-owner", "--verdict", VERDICT_FILE]),
    main: container(run.main.name, run.main.args, run.main.env),
    volumes: [
      {
        name: "migrations",
        configMap: { name: args.configMap, items: [...database.delivery.items] },
      },
      { name: "verdict", emptyDir: {} },
      ...ca.volumes,
    ],
    resources: database.resources,
    deadlineSeconds: run.deadlineSeconds,
    retries: database.retries,
  });
}
