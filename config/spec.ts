import type { DatabaseSpec } from "./spec/database.ts";
import type { ImageSpec } from "./spec/image.ts";
import type { RollbackSpec } from "./spec/rollback.ts";
import type { ServerSpec } from "./spec/server.ts";
import type { ServiceSpec } from "./spec/service.ts";

/**
 * The description of a platform after parsing: plain data, complete, with every default applied and
 * every reference resolved. `components/` and `local/` read nothing else.
 */
export interface PlatformSpec {
  /** The project's name, `app.kubernetes.io/part-of` of everything. */
  readonly name: string;
  /** The stack's name. */
  readonly stack: string;
  readonly namespace: { readonly name: string; readonly create: boolean };
  /** The kube context that this stack touches: the current one, already compared with what is allowed. */
  readonly context: string;
  readonly images: {
    /** Runs `pre-flight-check`, `migrate` and `bootstrap`. */
    readonly migrator: ImageSpec;
    /** Runs `schema-gate` in services' pods; a change of it rolls every service. */
    readonly gate: ImageSpec;
  };
  readonly server: ServerSpec;
  readonly provisioning: "provider" | "job";
  readonly passwords: "verifier" | "plain";
  /** In the order in which they are declared. */
  readonly databases: readonly DatabaseSpec[];
  readonly services: readonly ServiceSpec[];
  /** A database that goes back and stays there; absent: none. */
  readonly rollback?: RollbackSpec;
  /** Commit that is deployed, for the history; absent where none is known. */
  readonly commit?: string;
  /** Namespace of the Jobs with their Secrets and files; absent: that of everything. */
  readonly migrationNamespace?: { readonly name: string; readonly create: boolean };
  /** Whether NetworkPolicies hold pods to what they need; absent: none is made. */
  readonly networkPolicies?: boolean;
  readonly monitoring?: MonitoringSpec;
  readonly notifications?: NotificationsSpec;
}

/** Alerts and a dashboard; each is made where it stands here. */
export interface MonitoringSpec {
  readonly prometheusRule?: { readonly labels: Readonly<Record<string, string>> };
  readonly grafanaDashboard?: { readonly labels: Readonly<Record<string, string>> };
  /** Share of a Job's deadline after which it is overlong. */
  readonly longAfter: number;
}

export interface NotificationsSpec {
  /** Configuration key of the webhook's URL (`PlatformSecrets.values`). */
  readonly webhook: string;
  readonly on: readonly ("success" | "failure")[];
}

export type * from "./spec/backup.ts";
export * from "./spec/connection.ts";
export type * from "./spec/database.ts";
export type * from "./spec/delivery.ts";
export type * from "./spec/image.ts";
export type * from "./spec/pods.ts";
export type * from "./spec/rollback.ts";
export type * from "./spec/runner.ts";
export type * from "./spec/server.ts";
export type * from "./spec/service.ts";
