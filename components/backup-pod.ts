import type { types } from "@pulumi/kubernetes";
import type { BucketSpec, DumpSpec, ResourcesSpec } from "../config/spec.ts";
import {
  DOWNLOAD,
  DUMP_TO_POD,
  DUMP_TO_VOLUME,
  DUMPS_DIR,
  REMOTE,
  RESTORE,
  SCRATCH_DIR,
  UPLOAD,
  VERDICT_DIR,
} from "./backup-scripts.ts";
import { buildRunnerEnv, buildSecretEnv, type PodAddress } from "./connection.ts";
import type { ConnectionSource } from "./connection-source.ts";
import { buildContainerSecurityContext } from "./pod-security.ts";

type Container = types.input.core.v1.Container;
type EnvVar = types.input.core.v1.EnvVar;
type Volume = types.input.core.v1.Volume;
type VolumeMount = types.input.core.v1.VolumeMount;

export interface BackupPodArgs {
  readonly backup: DumpSpec;
  /** The migrator's connection. */
  readonly secret: string | ConnectionSource;
  readonly server: PodAddress;
  readonly resources: ResourcesSpec;
  /** The authority's certificate. */
  readonly caMounts: readonly VolumeMount[];
}

/** Containers and volumes of a pod. */
export interface BackupPod {
  readonly containers: readonly Container[];
  readonly volumes: readonly Volume[];
}

/** What runs between `pre-flight-check` and `migrate`. */
export function buildDump(args: BackupPodArgs): BackupPod {
  const { backup } = args;
  const verdict = { name: "verdict", mountPath: VERDICT_DIR };
  const keep = { name: "KEEP", value: String(backup.keep) };
  const dump: Container = {
    ...shell(
      args,
      "backup",
      backup.image,
      backup.bucket === undefined ? DUMP_TO_VOLUME : DUMP_TO_POD,
    ),
    env: [...buildPostgresEnv(args), keep],
    volumeMounts: [verdict, dumpsMount, ...args.caMounts],
  };
  const upload: Container[] =
    backup.bucket === undefined
      ? []
      : [
          {
            ...shell(args, "upload", backup.bucket.uploadImage, UPLOAD),
            env: [...buildBucketEnv(backup.bucket), databaseEnv(args), keep],
            volumeMounts: [verdict, { ...dumpsMount, readOnly: true }],
          },
        ];
  return { containers: [dump, ...upload], volumes: [dumpsVolume(backup)] };
}

/** What a restore is made of: the last container is the main one. */
export function buildRestore(args: BackupPodArgs): BackupPod {
  const { backup } = args;
  const which = { name: "BACKUP", value: "latest" };
  const download: Container[] =
    backup.bucket === undefined
      ? []
      : [
          {
            ...shell(args, "download", backup.bucket.uploadImage, DOWNLOAD),
            env: [...buildBucketEnv(backup.bucket), databaseEnv(args), which],
            volumeMounts: [dumpsMount],
          },
        ];
  const restore: Container = {
    ...shell(args, "restore", backup.image, RESTORE),
    env: [...buildPostgresEnv(args), which],
    volumeMounts: [
      { ...dumpsMount, readOnly: true },
      { name: "scratch", mountPath: SCRATCH_DIR },
      ...args.caMounts,
    ],
  };
  return {
    containers: [...download, restore],
    volumes: [dumpsVolume(backup), { name: "scratch", emptyDir: {} }],
  };
}

const dumpsMount: VolumeMount = { name: "backups", mountPath: DUMPS_DIR };

function dumpsVolume({ volume }: DumpSpec): Volume {
  return volume === undefined
    ? { name: "backups", emptyDir: {} }
    : { name: "backups", persistentVolumeClaim: { claimName: volume.claim } };
}

function shell(
  { resources }: BackupPodArgs,
  name: string,
  image: string,
  script: string,
): Container {
  return {
    name,
    image,
    // The image's own entry point may insist on a user of its own.
    command: ["/bin/sh", "-c", script],
    resources: { ...resources },
    securityContext: buildContainerSecurityContext(),
    terminationMessagePolicy: "FallbackToLogsOnError",
  };
}

function buildPostgresEnv({ secret, server }: BackupPodArgs): EnvVar[] {
  const { tls } = server;
  return [
    ...buildRunnerEnv(secret, tls).filter(({ name }) => name !== "PGTLSSERVERNAME"),
    // libpq knows public authorities by this word only, from 16 on; config/ refuses the rest.
    ...(tls.mode !== "disable" && tls.ca === undefined
      ? [{ name: "PGSSLROOTCERT", value: "system" }]
      : []),
    { name: "PGCONNECT_TIMEOUT", value: "15" },
  ];
}

/** The name of the database alone: who talks to a bucket needs no password of Postgres. */
function databaseEnv(args: BackupPodArgs): EnvVar {
  const found = buildPostgresEnv(args).find(({ name }) => name === "PGDATABASE");
  if (found === undefined) throw new Error("the migrator's connection names no database");
  return found;
}

/**
 * A remote of rclone in its environment alone, so that no key stands in a file or on a command line.
 *
 * Source of the names: rclone, "Environment Variables" and "Amazon S3".
 */
function buildBucketEnv({ bucket, prefix, endpoint, region, credentials }: BucketSpec): EnvVar[] {
  const remote = `RCLONE_CONFIG_${REMOTE.toUpperCase()}`;
  return [
    { name: "TARGET", value: `${bucket}/${prefix}` },
    { name: "RCLONE_CONFIG", value: "/notfound" },
    { name: `${remote}_TYPE`, value: "s3" },
    { name: `${remote}_PROVIDER`, value: endpoint === undefined ? "AWS" : "Other" },
    { name: `${remote}_REGION`, value: region },
    ...(endpoint === undefined ? [] : [{ name: `${remote}_ENDPOINT`, value: endpoint }]),
    // The bucket exists; who may write into it may not be allowed to make one.
    { name: `${remote}_NO_CHECK_BUCKET`, value: "true" },
    // Two parts of 16 MiB fit into the pod's memory, and 10 000 of them are 160 GB.
    { name: `${remote}_CHUNK_SIZE`, value: "16M" },
    { name: `${remote}_UPLOAD_CONCURRENCY`, value: "2" },
    // A wrong address is found out in a minute, not in ten.
    { name: "RCLONE_CONTIMEOUT", value: "10s" },
    { name: "RCLONE_LOW_LEVEL_RETRIES", value: "3" },
    { name: "RCLONE_RETRIES", value: "2" },
    ...(credentials === undefined
      ? [{ name: `${remote}_ENV_AUTH`, value: "true" }]
      : [
          buildSecretEnv(`${remote}_ACCESS_KEY_ID`, credentials.secret, credentials.accessKeyId),
          buildSecretEnv(
            `${remote}_SECRET_ACCESS_KEY`,
            credentials.secret,
            credentials.secretAccessKey,
          ),
        ]),
  ];
}
