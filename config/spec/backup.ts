/** What is saved before a migration, and where to. */
export type BackupSpec = DumpSpec | SnapshotSpec;

/** A dump by `pg_dump`. */
export interface DumpSpec {
  readonly kind: "volume" | "s3";
  /** Image with `pg_dump` of the server's major version. */
  readonly image: string;
  /** How many dumps are kept. */
  readonly keep: number;
  /** Kind `volume`: an existing claim, or the one that is made. */
  readonly volume?: {
    readonly claim: string;
    readonly make?: { readonly size: string; readonly storageClass?: string };
  };
  /** Kind `s3`. */
  readonly bucket?: BucketSpec;
}

/** A folder in an S3-compatible bucket. */
export interface BucketSpec {
  readonly bucket: string;
  /** Without a slash at its ends. */
  readonly prefix: string;
  /** Absent: AWS. */
  readonly endpoint?: string;
  readonly region: string;
  /** Keys of an existing Secret; absent: the pod's own rights. */
  readonly credentials?: {
    readonly secret: string;
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
  };
  /** Image with rclone. */
  readonly uploadImage: string;
}

/** A VolumeSnapshot of the server's volume. */
export interface SnapshotSpec {
  readonly kind: "snapshot";
  readonly claim: string;
  readonly class?: string;
}
