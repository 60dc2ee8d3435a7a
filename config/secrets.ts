import type { Output } from "@pulumi/pulumi";

/** The secrets of a stack: outputs from their birth, and no part of the spec. */
export interface PlatformSecrets {
  /** Password of the server's admin; absent: generated where the stack makes the server. */
  readonly adminPassword?: Output<string>;
  /** By configuration key, as `secretEnv` of services names them. */
  readonly values: Readonly<Record<string, Output<string>>>;
}
