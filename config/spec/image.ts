/** An image whose reference is a plain string before anything is built. */
export interface ImageSpec {
  /** For a pod: `repository@sha256:…`, or `repository:<digest of the build context>` where it is built here. */
  readonly reference: string;
  readonly build?: ImageBuildSpec;
}

export interface ImageBuildSpec {
  /** Logical name of the image's resource, for example `migrator`; images with one reference share it. */
  readonly name: string;
  /** Folder, relative to the project. */
  readonly context: string;
  /** File, relative to the project. */
  readonly dockerfile: string;
  readonly args: Readonly<Record<string, string>>;
  readonly platform?: string;
}
