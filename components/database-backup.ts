import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { DatabaseSpec, DumpSpec } from "../config/spec.ts";
import { buildRestore } from "./backup-pod.ts";
import { buildCaMount, type PodAddress } from "./connection.ts";
import type { ConnectionSource } from "./connection-source.ts";
import type { Placement } from "./placement.ts";
import { buildSuspendedCronJob } from "./suspended-cron-job.ts";
import { buildRunnerPodSecurityContext } from "./pod-security.ts";

/** Bound of a restore: a day. */
const RESTORE_SECONDS = 86_400;

export interface DatabaseBackupArgs {
  readonly database: DatabaseSpec;
  /** Where the dumps go. Another kind or claim leaves the earlier dumps where they are, or deletes the claim that was made for them. */
  readonly backup: DumpSpec;
  /** The migrator's connection. */
  readonly secret: ConnectionSource;
  readonly server: PodAddress;
  /** Account of the migration's pods. */
  readonly serviceAccount: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Where the objects go. */
  readonly place: Placement;
}

/** The volume of a database's dumps, and the suspended CronJob from which a restore is started. */
export class DatabaseBackup extends pulumi.ComponentResource {
  /** What a Job that takes a backup waits for. */
  readonly ready: readonly pulumi.Resource[];

  constructor(name: string, args: DatabaseBackupArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tidegate:components:DatabaseBackup", name, {}, opts);
    const { backup, database, labels, place } = args;
    const namespace = place.namespaceReady;
    const make = backup.volume?.make;
    this.ready =
      make === undefined || backup.volume === undefined
        ? []
        : [
            new k8s.core.v1.PersistentVolumeClaim(
              `${name}-claim`,
              {
                metadata: {
                  name: backup.volume.claim,
                  namespace,
                  labels: { ...labels },
                  // Bound by the first pod that uses it, and that one comes after it.
                  annotations: { "pulumi.com/skipAwait": "true" },
                },
                spec: {
                  accessModes: ["ReadWriteOnce"],
                  resources: { requests: { storage: make.size } },
                  ...(make.storageClass !== undefined && { storageClassName: make.storageClass }),
                },
              },
              { parent: this, protect: database.protect, deleteBeforeReplace: true },
            ),
          ];
    new k8s.batch.v1.CronJob(
      `${name}-restore`,
      {
        metadata: { name: `${database.kubeName}-restore`, namespace, labels: { ...labels } },
        spec: buildRestoreCron(args),
      },
      { parent: this, deleteBeforeReplace: true },
    );
    this.registerOutputs();
  }
}

/** A CronJob that never runs by itself: `kubectl create job --from=cronjob/…` does. */
function buildRestoreCron(
  args: Omit<DatabaseBackupArgs, "place">,
): k8s.types.input.batch.v1.CronJobSpec {
  const ca = buildCaMount(args.server.caConfigMap);
  const pod = buildRestore({
    backup: args.backup,
    secret: args.secret,
    server: args.server,
    resources: args.database.resources,
    caMounts: ca.mounts,
  });
  return {
    ...buildSuspendedCronJob({
      spec: {
        backoffLimit: 0,
        activeDeadlineSeconds: RESTORE_SECONDS,
        template: {
          metadata: { labels: { ...args.labels } },
          spec: {
            restartPolicy: "Never",
            serviceAccountName: args.serviceAccount,
            automountServiceAccountToken: false,
            enableServiceLinks: false,
            securityContext: buildRunnerPodSecurityContext(),
            initContainers: pod.containers.slice(0, -1),
            containers: pod.containers.slice(-1),
            volumes: [...pod.volumes, ...ca.volumes],
          },
        },
      },
    }),
    concurrencyPolicy: "Forbid",
  };
}
