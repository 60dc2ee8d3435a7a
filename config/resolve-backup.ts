import type { BackupConfig } from "./schema/backup.ts";
import type { BackupSpec, BucketSpec } from "./spec.ts";

/** The volume of a server that Tidegate makes in the cluster. */
const CLUSTER_CLAIM = "data-postgres-0";

/** What the defaults of a backup are made of. */
export interface BackupContext {
  readonly project: string;
  readonly stack: string;
  /** The database's name in Kubernetes. */
  readonly kubeName: string;
  /** Major version of the server. */
  readonly version: number;
}

/** A backup with every default. */
export function resolveBackup(config: BackupConfig, context: BackupContext): BackupSpec {
  if (config.kind === "snapshot") {
    return {
      kind: "snapshot",
      claim: config.claim ?? CLUSTER_CLAIM,
      ...(config.class !== undefined && { class: config.class }),
    };
  }
  const dump = { image: config.image ?? `postgres:${context.version}`, keep: config.keep };
  if (config.kind === "s3") return { ...dump, kind: "s3", bucket: bucketOf(config, context) };
  const { claim, size, storageClass } = config;
  return {
    ...dump,
    kind: "volume",
    volume:
      claim === undefined
        ? {
            claim: `${context.kubeName}-backups`,
            make: { size, ...(storageClass !== undefined && { storageClass }) },
          }
        : { claim },
  };
}

function bucketOf(
  config: Extract<BackupConfig, { kind: "s3" }>,
  { project, stack }: BackupContext,
): BucketSpec {
  const { bucket, prefix, endpoint, region, credentials, uploadImage } = config;
  return {
    bucket,
    prefix: prefix ?? `${project}/${stack}`,
    ...(endpoint !== undefined && { endpoint }),
    region,
    ...(credentials !== "environment" && { credentials }),
    uploadImage,
  };
}
