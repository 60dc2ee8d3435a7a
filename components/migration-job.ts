import type { types } from "@pulumi/kubernetes";
import { ENV, SERVICES_FILE } from "@tidegate/migrator/contract";
import type { DatabaseSpec } from "../config/spec.ts";
import { type BackupPod, buildDump } from "./backup-pod.ts";
import { VERDICT_DIR } from "./backup-scripts.ts";
import { buildCaMount, buildRunnerEnv, type PodAddress } from "./connection.ts";
import type { ConnectionSource } from "./connection-source.ts";
import { digestOf } from "./digest.ts";
import { COMMIT_ANNOTATION, DIGEST_ANNOTATION } from "./job-annotations.ts";
import { inDigest, type MountedFiles } from "./migration-files.ts";
import { buildRunnerJob, type RunnerContainer } from "./runner-job.ts";

/** How much earlier than the Job the runner gives up, in seconds, so that it can still report. */
export const REPORT_SECONDS = 30;

const MIGRATIONS_DIR = "/migrations";
const SERVICES_DIR = "/services";
export const VERDICT_FILE = `${VERDICT_DIR}/pre-flight.json`;

/** Options by which one container asks for a backup, and the other looks that it was taken. */
const ASK_FOR_BACKUP: readonly string[] = ["--backup", VERDICT_DIR];

export interface MigrationJobArgs {
  readonly database: DatabaseSpec;
  readonly phase: "expand" | "contract";
  readonly image: string;
  readonly server: PodAddress;
  /** Secret with the migrator's connection, or where each part of that stands. */
  readonly secret: string | ConnectionSource;
  /** The migrations. */
  readonly files: MountedFiles;
  readonly serviceAccount: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly commit?: string;
  /** Variables of the webhook that hears of the run; default: none. */
  readonly notifyEnv?: readonly types.input.core.v1.EnvVar[];
  /** The Job migrates nothing: it fails while anything is pending, and names these commands. */
  readonly byHand?: string;
  /** Of a contract migration: ConfigMap with the versions of services that may be connected. */
  readonly servicesConfigMap?: string;
}

/**
 * What a Job is made of, in a few digits. Only plain values are in it: one that depended on an output
 * would be unknown in a preview.
 */
export function migrationDigest(args: MigrationJobArgs): string {
  const { commit: _commit, ...rest } = args;
  return digestOf({
    job: buildMigrationJob({ ...rest, files: inDigest(args.files) }, ""),
    // Another server is another database, which nobody has migrated.
    server: { host: args.server.host, port: args.server.port },
    run: args.database.run,
  });
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
  const { database, byHand, phase } = args;
  const shared = {
    annotations: { [DIGEST_ANNOTATION]: digest },
    deadlineSeconds: database.deadlineSeconds,
  };
  if (runsNothing(args)) {
    const name = byHand === undefined ? "migrate" : "status";
    return buildDatabaseJob(args, { ...shared, main: { name, args: ["wait", "--expect-owner"] } });
  }
  if (byHand !== undefined) {
    const command = buildStatusCommand(phase, byHand);
    return buildDatabaseJob(args, { ...shared, main: { name: "status", args: command } });
  }
  const dump = dumpOf(args);
  return buildDatabaseJob(args, {
    ...shared,
    ...(dump !== undefined && { dump }),
    main: {
      name: "migrate",
      args: buildUpCommand(args, dump === undefined ? [] : ASK_FOR_BACKUP),
      ...(args.notifyEnv !== undefined && { env: args.notifyEnv }),
    },
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
  /** What saves the database before it; default: nothing. */
  readonly dump?: BackupPod;
}

/**
 * Whether a rollback stands whose target only the database knows, or that is everything: nothing is run
 * then, the state is said. Nor does anybody look for what is pending where somebody migrates by hand: what
 * the rollback undid is.
 */
function runsNothing({ database: { pinned }, byHand }: MigrationJobArgs): boolean {
  if (pinned === undefined) return false;
  return byHand !== undefined || pinned.keeps?.at(-1) === undefined;
}

/** What takes the dump; undefined where none is asked for. A snapshot is no part of the pod: the Job waits for it. */
function dumpOf({ database, secret, server }: MigrationJobArgs): BackupPod | undefined {
  const { backup, resources } = database;
  if (backup === undefined || backup.kind === "snapshot") return undefined;
  const { mounts: caMounts } = buildCaMount(server.caConfigMap);
  return buildDump({ backup, secret, server, resources, caMounts });
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
    { name: ENV.stackDatabase, value: database.name },
    { name: ENV.podName, valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
    {
      name: ENV.gitCommit,
      valueFrom: { fieldRef: { fieldPath: `metadata.annotations['${COMMIT_ANNOTATION}']` } },
    },
  ];
  const mounts: types.input.core.v1.VolumeMount[] = [
    { name: "migrations", mountPath: MIGRATIONS_DIR, readOnly: true },
    { name: "verdict", mountPath: VERDICT_DIR },
    ...(args.servicesConfigMap === undefined
      ? []
      : [{ name: "services", mountPath: SERVICES_DIR, readOnly: true }]),
    ...ca.mounts,
  ];
  const { dump } = run;
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
    before: container("pre-flight-check", [
      "wait",
      "--expect-owner",
      "--within",
      String(database.serverWaitSeconds),
      "--verdict",
      VERDICT_FILE,
      ...(dump === undefined ? [] : [...ASK_FOR_BACKUP, "--phase", args.phase]),
    ]),
    ...(dump !== undefined && { between: dump.containers }),
    main: container(run.main.name, run.main.args, run.main.env),
    volumes: [
      {
        name: "migrations",
        configMap: { name: args.files.name, items: [...database.delivery.items] },
      },
      { name: "verdict", emptyDir: {} },
      ...(dump?.volumes ?? []),
      ...(args.servicesConfigMap === undefined
        ? []
        : [{ name: "services", configMap: { name: args.servicesConfigMap } }]),
      ...ca.volumes,
    ],
    resources: database.resources,
    deadlineSeconds: run.deadlineSeconds,
    retries: database.podRetries ?? 0,
    ...(database.pod !== undefined && { pod: database.pod }),
  });
}

function buildUpCommand(args: MigrationJobArgs, asked: readonly string[]): string[] {
  const { database } = args;
  const upTo = database.pinned?.keeps?.at(-1);
  return [
    "up",
    "--phase",
    args.phase,
    ...(upTo === undefined ? [] : ["--to", upTo]),
    "--ahead",
    database.ahead,
    ...(database.outOfOrder ? ["--out-of-order"] : []),
    "--expect-owner",
    "--verdict",
    VERDICT_FILE,
    ...asked,
    ...buildBounds(database, database.deadlineSeconds - REPORT_SECONDS),
    "--retries",
    String(database.retries),
    ...buildVersionsOptions(args),
  ];
}

/**
 * The bounds of a run of the runner, as options.
 *
 * @param deadlineSeconds of the whole run; a wait for locks gets at most half of it, so that its verdict
 *   still names who holds them.
 */
export function buildBounds(database: DatabaseSpec, deadlineSeconds: number): string[] {
  return [
    "--lock-wait",
    String(Math.min(database.lockWaitSeconds, Math.floor(deadlineSeconds / 2))),
    ...(database.statementTimeoutSeconds === undefined
      ? []
      : ["--statement-timeout", String(database.statementTimeoutSeconds)]),
    "--idle-in-transaction-timeout",
    String(database.idleInTransactionSeconds),
    "--deadline",
    String(deadlineSeconds),
  ];
}

/** It looks, and says with which commands to go on. */
function buildStatusCommand(phase: MigrationJobArgs["phase"], byHand: string): string[] {
  return [
    "status",
    "--fail-on-pending",
    "--phase",
    phase,
    "--verdict",
    VERDICT_FILE,
    "--next",
    byHand,
  ];
}

/** Not the names themselves: every new image of a service would run the Job of every contract again. */
function buildVersionsOptions({ database, servicesConfigMap }: MigrationJobArgs): string[] {
  if (servicesConfigMap === undefined) return [];
  const file = `${SERVICES_DIR}/${SERVICES_FILE}`;
  return ["--services", file, "--older-versions", database.olderVersions];
}
