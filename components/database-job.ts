import type { types } from "@pulumi/kubernetes";
import { ENV } from "@tidegate/migrator/contract";
import type { DatabaseSpec } from "../config/spec.ts";
import type { BackupPod } from "./backup-pod.ts";
import { VERDICT_DIR } from "./backup-scripts.ts";
import { buildCaMount, buildRunnerEnv, type PodAddress } from "./connection.ts";
import type { ConnectionSource } from "./connection-source.ts";
import { COMMIT_ANNOTATION } from "./job-annotations.ts";
import type { MountedFiles } from "./migration-files.ts";
import { buildRunnerJob, type RunnerContainer } from "./runner-job.ts";

const MIGRATIONS_DIR = "/migrations";

/** Where a contract migration finds the versions of services that may be connected. */
export const SERVICES_DIR = "/services";

/** What `pre-flight-check` leaves for the container that comes after it. */
export const VERDICT_FILE = `${VERDICT_DIR}/pre-flight.json`;

/** Options by which one container asks for a backup, and the other looks that it was taken. */
export const ASK_FOR_BACKUP: readonly string[] = ["--backup", VERDICT_DIR];

/** What the Jobs of the runner on one database are made of. */
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
