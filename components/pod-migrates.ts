import type { types } from "@pulumi/kubernetes";
import { ENV, STARTUP_PREFIX } from "@tidegate/migrator/contract";
import type { DatabaseSpec, TlsSpec } from "../config/spec.ts";
import { buildRunnerEnv } from "./connection.ts";
import type { ConnectionSource } from "./connection-source.ts";
import type { GatedConnection } from "./gate.ts";
import type { SchemaSource } from "./gate-parts.ts";
import { buildBounds } from "./migration-command.ts";
import type { MountedFiles } from "./migration-files.ts";
import { buildContainerSecurityContext } from "./pod-security.ts";

type Container = types.input.core.v1.Container;
type EnvVar = types.input.core.v1.EnvVar;
type Volume = types.input.core.v1.Volume;
type VolumeMount = types.input.core.v1.VolumeMount;

/** How the pods of a service migrate a database. */
export interface PodMigrates {
  readonly by: "initContainer" | "startup";
  readonly database: DatabaseSpec;
  /** The runner's image; used by `initContainer` only. A change of it rolls the service. */
  readonly image: string;
  /** Secret with the migrator's connection. */
  readonly secret: ConnectionSource;
  /** The migrations: their ConfigMap has another name for each release, so that a new one rolls the service. */
  readonly files: MountedFiles;
  /** Variables of the webhook that hears of what an init container does; default: none. */
  readonly notifyEnv?: readonly EnvVar[];
  /** What the pod's gate reads after its init container; absent for `startup`, which has not run then. */
  readonly schema?: SchemaSource;
}

/** Folder under which each database's migrations are mounted. */
const MIGRATIONS_DIR = "/etc/tidegate/migrations";

/** How much earlier than the rollout's bound the runner gives up, in seconds, so that it can report. */
const REPORT_SECONDS = 30;

/** Least time that a runner gets, in seconds: no rollout may make less progress. */
const LEAST_SECONDS = 10;

/** A pod that migrates, and its service. */
export interface PodMigrationArgs {
  readonly connections: readonly GatedConnection[];
  readonly tls: TlsSpec;
  /** How long the rollout may make no progress, in seconds. */
  readonly rolloutTimeoutSeconds: number;
}

/**
 * The init containers that migrate, one a database, before the pod's gate. The migrator's Secret is in
 * their environment and in no other container's.
 */
export function buildMigrateContainers(
  args: PodMigrationArgs,
  caMounts: readonly VolumeMount[],
): Container[] {
  return migrating(args, "initContainer").map(({ database, image, secret, notifyEnv = [] }) => ({
    name: `migrate-${database.kubeName}`,
    image,
    args: [
      "up",
      "--phase",
      "expand",
      "--ahead",
      database.ahead,
      ...(database.outOfOrder ? ["--out-of-order"] : []),
      "--expect-owner",
      ...buildBounds(database, deadlineOf(database, args.rolloutTimeoutSeconds)),
      "--retries",
      String(database.retries),
    ],
    env: [
      ...Object.entries(database.env).map(([name, value]) => ({ name, value })),
      ...buildRunnerEnv(secret, args.tls),
      { name: ENV.migrationsDir, value: folderOf(database) },
      { name: ENV.stackDatabase, value: database.name },
      { name: ENV.podName, valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
      { name: ENV.terminationMessagePath, value: "/dev/termination-log" },
      ...notifyEnv,
    ],
    resources: { ...database.resources },
    securityContext: buildContainerSecurityContext(),
    terminationMessagePath: "/dev/termination-log",
    terminationMessagePolicy: "FallbackToLogsOnError",
    volumeMounts: [mountOf(database), ...caMounts],
  }));
}

/** Variables with which the service's own program migrates, by `migrateAtStartup`. */
export function buildStartupEnv(args: PodMigrationArgs): EnvVar[] {
  const all = migrating(args, "startup");
  return all.flatMap(({ database, secret }) => {
    const prefix = startupPrefix(database.name, all.length > 1);
    return [
      ...buildRunnerEnv(secret, args.tls, prefix),
      { name: `${prefix}${ENV.migrationsDir}`, value: folderOf(database) },
    ];
  });
}

/** The folders that the service's own program reads its migrations from. */
export function buildStartupMounts(args: PodMigrationArgs): VolumeMount[] {
  return migrating(args, "startup").map(({ database }) => mountOf(database));
}

/** A program that migrates as it starts answers no probe meanwhile. */
export function buildStartupProbe(
  args: PodMigrationArgs,
  liveness: string,
): Pick<Container, "startupProbe"> {
  if (migrating(args, "startup").length === 0) return {};
  const periodSeconds = 2;
  return {
    startupProbe: {
      httpGet: { path: liveness, port: "http" },
      periodSeconds,
      failureThreshold: Math.ceil(args.rolloutTimeoutSeconds / periodSeconds),
    },
  };
}

/** The migrations of every database that the pod migrates. */
export function buildMigrationVolumes({ connections }: PodMigrationArgs): Volume[] {
  return connections.flatMap(({ gate: { migrates } }) =>
    migrates === undefined
      ? []
      : [
          {
            name: mountOf(migrates.database).name,
            configMap: { name: migrates.files.name, items: [...migrates.database.delivery.items] },
          },
        ],
  );
}

/** With several databases each has its name in front, or they would share their variables. */
function startupPrefix(database: string, several: boolean): string {
  return several ? `${database.toUpperCase()}_${STARTUP_PREFIX}` : STARTUP_PREFIX;
}

function migrating({ connections }: PodMigrationArgs, by: PodMigrates["by"]): PodMigrates[] {
  return connections.flatMap(({ gate: { migrates } }) => (migrates?.by === by ? [migrates] : []));
}

function deadlineOf(database: DatabaseSpec, rolloutTimeoutSeconds: number): number {
  const bound = Math.min(database.deadlineSeconds, rolloutTimeoutSeconds) - REPORT_SECONDS;
  return Math.max(bound, LEAST_SECONDS);
}

function folderOf(database: DatabaseSpec): string {
  return `${MIGRATIONS_DIR}/${database.name}`;
}

function mountOf(database: DatabaseSpec): { name: string; mountPath: string; readOnly: true } {
  return {
    name: `${database.kubeName}-migrations`,
    mountPath: folderOf(database),
    readOnly: true,
  };
}
