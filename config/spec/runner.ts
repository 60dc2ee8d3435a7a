import type { ForeignHistoryRequirement } from "@tidegate/migrator/contract";
import type { ConnectionKey } from "./connection.ts";
import type { DeliverySpec } from "./delivery.ts";
import type { ImageSpec } from "./image.ts";
import type { EnvironmentSource } from "./pods.ts";

/** Another tool that migrates a database: its image and what it is told. */
export interface ForeignRunnerSpec {
  readonly image: ImageSpec;
  /** Absent: the image's own entry point. */
  readonly command?: readonly string[];
  readonly args: readonly string[];
  /** Plain environment, the database's included. */
  readonly env: Readonly<Record<string, string>>;
  /** Environment variable → part of the migrator's connection. */
  readonly connection: Readonly<Record<string, ConnectionKey>>;
  /** Environment variable → configuration key of its secret value (`PlatformSecrets.values`). */
  readonly secretEnv: Readonly<Record<string, string>>;
  readonly envFrom: readonly EnvironmentSource[];
  /** User and group id, never 0. */
  readonly user: number;
  readonly gate: ForeignGateSpec;
  /** The tool's own names of what this deploy leads to, oldest first; empty where they are not known. */
  readonly migrations: readonly string[];
  /** SHA-256 in hex of the folder of migrations; absent where none is named. */
  readonly digest?: string;
  /** The folder as files of a ConfigMap, and where it is mounted; absent: the image holds it. */
  readonly mount?: { readonly path: string; readonly delivery: DeliverySpec };
  /** Absent: the database has no rollback. */
  readonly rollback?: ForeignRollbackSpec;
}

/** How the pods of services see that the schema is there. */
export type ForeignGateSpec =
  /** The tool's own table is read, with the service's login. */
  | { readonly by: "history"; readonly history: ForeignHistoryRequirement }
  /** A command with the service's connection. */
  | { readonly by: "command"; readonly command: readonly string[]; readonly image: ImageSpec }
  /** They do not look. */
  | { readonly by: "none" };

/** What is run to take a migration back, in the runner's image. */
export interface ForeignRollbackSpec {
  readonly command?: readonly string[];
  readonly args: readonly string[];
  /** Over that of the runner. */
  readonly env: Readonly<Record<string, string>>;
}
