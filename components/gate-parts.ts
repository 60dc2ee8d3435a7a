import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { MigrationFiles } from "./migration-files.ts";
import type { PodMigrates } from "./pod-migrates.ts";
import type { ToolGateArgs } from "./tool-gate.ts";

/** What every `Gate` is made of. */
interface AnyGateParts {
  /** Name of the database in Postgres. */
  readonly database: string;
  /** Patterns of URNs that take in all that opens it, for `pulumi up --target`. */
  readonly targets: readonly string[];
}

/** A Job opens it: it migrates, or looks that somebody has. */
export interface JobGateParts extends AnyGateParts {
  readonly kind: "job";
  readonly job: k8s.batch.v1.Job;
  /** Digest of the Job that this program asks for. */
  readonly digest: string;
  /**
   * ConfigMap with what the pod's own gate waits for; written after the Job has completed. Absent where
   * the pods do not read one, and of a rollback, which has none of its own.
   */
  readonly schema?: k8s.core.v1.ConfigMap;
  /** Its name, known at program time. */
  readonly schemaName: string;
  /** Command that shows the Job's log. */
  readonly logs: string;
  /** A command of another tool by which the pods themselves look; absent: there is none. */
  readonly tool?: ToolGateArgs;
}

/** The pods that roll out migrate; it holds no more than what they need for that. */
export interface PodGateParts extends AnyGateParts {
  readonly kind: "pod";
  /** The release's migrations; where they were left out of an update, the pods would not start. */
  readonly files: MigrationFiles;
  readonly migrates: PodMigrates;
  /** What a login needs: the database, the Secret, Jobs of other databases. */
  readonly needs: readonly pulumi.Resource[];
  /** Its replacement means an empty database, which running pods would not migrate. */
  readonly replacedWith?: pulumi.Resource;
}

/** The rollout of services whose pods migrate opens it for those that only read. */
export interface RolloutGateParts extends AnyGateParts {
  readonly kind: "rollout";
  readonly deployments: readonly k8s.apps.v1.Deployment[];
  /** The release's migrations, which their pods mount. */
  readonly files: MigrationFiles;
  /** Written after their rollout. */
  readonly schema: k8s.core.v1.ConfigMap;
  readonly schemaName: string;
}

/** Nothing closes it; `needs` has to exist before anybody logs in. */
export interface OpenGateParts extends AnyGateParts {
  readonly kind: "open";
  readonly needs: readonly pulumi.Resource[];
}

export type GateParts = JobGateParts | PodGateParts | RolloutGateParts | OpenGateParts;

/** The file that the pod's own gate reads. */
export interface SchemaSource {
  /** Name of the volume in the pod. */
  readonly volume: string;
  readonly configMap: pulumi.Input<string>;
  /** The only key that is mounted; absent: all. */
  readonly key?: string;
}
