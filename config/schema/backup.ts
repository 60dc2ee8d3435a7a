import { z } from "zod";
import { kubernetesName } from "./names.ts";
import { storageSize } from "./kubernetes.ts";
import { strict } from "./strict.ts";

const keepError = "must be a whole number from 1 to 1000";

const keep = z
  .int({ error: keepError })
  .min(1, { error: keepError })
  .max(1000, { error: keepError })
  .default(7)
  .describe(
    "How many dumps are kept; older ones are deleted after a new one is complete. Default 7.",
  );

const image = z
  .string()
  .min(1, { error: "must be an image" })
  .optional()
  .describe(
    "Image with sh, pg_dump and pg_restore of the server's major version or newer; default postgres:<version>.",
  );

const volume = strict({
  kind: z.literal("volume").describe("A dump to a PersistentVolumeClaim."),
  keep,
  image,
  size: storageSize
    .default("10Gi")
    .describe("Size of the volume that is made for the dumps; default 10Gi."),
  storageClass: kubernetesName
    .optional()
    .describe("Its storage class; default: the cluster's default class."),
  claim: kubernetesName
    .optional()
    .describe(
      "An existing PersistentVolumeClaim instead; size and storageClass have no effect then.",
    ),
});

const s3 = strict({
  kind: z.literal("s3").describe("A dump to an S3-compatible bucket."),
  keep,
  image,
  bucket: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, {
      error: (issue) => `${JSON.stringify(issue.input)} is no name of a bucket`,
    })
    .describe("The bucket; it exists."),
  prefix: z
    .string()
    .regex(/^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/, {
      error: 'must be a path without a slash at its ends, such as "backups/shop"',
    })
    .optional()
    .describe("Folder in the bucket; default <project>/<stack>."),
  endpoint: z
    .url({ protocol: /^https?$/, error: "must be an address such as https://minio.internal:9000" })
    .optional()
    .describe("Address of an S3-compatible server; default: AWS."),
  region: z.string().min(1).default("us-east-1").describe("Region; default us-east-1."),
  credentials: z
    .union(
      [
        z.literal("environment"),
        strict({
          secret: kubernetesName.describe("Its name, in the namespace of the platform."),
          accessKeyId: z
            .string()
            .min(1)
            .default("AWS_ACCESS_KEY_ID")
            .describe("Key of the Secret."),
          secretAccessKey: z
            .string()
            .min(1)
            .default("AWS_SECRET_ACCESS_KEY")
            .describe("Key of the Secret."),
        }),
      ],
      {
        error:
          "must be { secret: <name of an existing Secret> }, or environment where the pod's service account has a role of its own",
      },
    )
    .describe(
      "{ secret, accessKeyId, secretAccessKey }: an existing Secret, by default with the keys AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; or environment: the pod's own (IRSA, workload identity).",
    ),
  uploadImage: z
    .string()
    .min(1, { error: "must be an image" })
    .default("rclone/rclone:1.71.2")
    .describe("Image with sh and rclone; default rclone/rclone:1.71.2."),
});

const snapshot = strict({
  kind: z.literal("snapshot").describe("A VolumeSnapshot of the volume of the server."),
  claim: kubernetesName
    .optional()
    .describe(
      "The PersistentVolumeClaim with the server's data; default for server.kind cluster: data-postgres-0.",
    ),
  class: kubernetesName
    .optional()
    .describe("VolumeSnapshotClass; default: the cluster's default class."),
});

/** The key `databases.<name>.backup`. */
export const backup = z
  .discriminatedUnion("kind", [volume, s3, snapshot], {
    error: "must have a kind: volume, s3 or snapshot",
  })
  .optional()
  .describe(
    "A backup before a migration, only where something is pending; where it fails nothing is migrated. volume: pg_dump to a PersistentVolumeClaim; s3: to an S3-compatible bucket; snapshot: a VolumeSnapshot of the server's volume. Default: none.",
  );

export type BackupConfig = NonNullable<z.output<typeof backup>>;
