import type { types } from "@pulumi/kubernetes";
import { ENV, SERVICES_FILE } from "@tidegate/migrator/contract";
import type { DatabaseSpec } from "../config/spec.ts";
import { buildCaMount, buildRunnerEnv, type PodAddress } from "./connection.ts";
import { digestOf } from "./digest.ts";
import { buildRunnerJob, type RunnerContainer } from "./runner-job.ts";

/** How much earlier than the Job the runner gives up, in seconds, so that it can still report. */
const REPORT_SECONDS = 30;

const MIGRATIONS_DIR = "/migrations";
const SERVICES_DIR = "/services";
const VERDICT_DIR = "/verdict";
const VERDICT_FILE = `${VERDICT_DIR}/pre-flight.json`;

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
    job: buildMigrationJob(rest, ""),
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
  const container = (name: string, command: readonly string[]): RunnerContainer => ({
    name,
    args: command,
    env,
    mounts,
  });
  return buildRunnerJob({
    image: args.image,
    labels: args.labels,
    annotations: { [DIGEST_ANNOTATION]: digest, [COMMIT_ANNOTATION]: args.commit ?? "" },
    serviceAccount: args.serviceAccount,
    before: container("pre-flight-check", [
      "wait",
      "--expect-owner",
      "--within",
      String(database.serverWaitSeconds),
      "--verdict",
      VERDICT_FILE,
    ]),
    main:
      args.byHand !== undefined
        ? container("status", buildStatusCommand(args.phase, args.byHand))
        : container("migrate", [
            "up",
            "--phase",
            args.phase,
            "--ahead",
            database.ahead,
            ...(database.outOfOrder ? ["--out-of-order"] : []),
            "--expect-owner",
            "--verdict",
            VERDICT_FILE,
            "--lock-wait",
            String(database.lockWaitSeconds),
            ...(database.statementTimeoutSeconds === undefined
              ? []
              : ["--statement-timeout", String(database.statementTimeoutSeconds)]),
            "--idle-in-transaction-timeout",
            String(database.idleInTransactionSeconds),
            "--deadline",
            String(database.deadlineSeconds - REPORT_SECONDS),
            ...buildVersionsOptions(args),
          ]),
    volumes: [
      {
        name: "migrations",
        configMap: { name: args.configMap, items: [...database.delivery.items] },
      },
      { name: "verdict", emptyDir: {} },
      ...(args.servicesConfigMap === undefined
        ? []
        : [{ name: "services", configMap: { name: args.servicesConfigMap } }]),
      ...ca.volumes,
    ],
    resources: database.resources,
    deadlineSeconds: database.deadlineSeconds,
    retries: database.retries,
  });
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
