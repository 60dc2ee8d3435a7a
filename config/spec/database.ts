import type { MigrationBundle } from "@tidegate/migrator/bundle";
import type { BackupSpec } from "./backup.ts";
import type { ExistingSecretSpec } from "./connection.ts";
import type { DeliverySpec } from "./delivery.ts";
import type { AccountSpec, PodSettings, ResourcesSpec } from "./pods.ts";
import type { PinSpec } from "./rollback.ts";
import type { ForeignRunnerSpec } from "./runner.ts";

export interface DatabaseSpec {
  /** Name in Postgres. */
  readonly name: string;
  /** The same for Kubernetes: a DNS label, short enough for every name made of it. */
  readonly kubeName: string;
  readonly roles: {
    readonly owner: string;
    readonly migrator: string;
    readonly app: string;
    readonly readonly: string;
  };
  /** What its gate is. */
  readonly strategy: StrategySpec;
  /** Folder of the migrations, relative to the project; empty where another tool migrates and none is named. */
  readonly migrationsDir: string;
  /** Of the built-in runner; empty where another tool migrates. */
  readonly migrations: MigrationBundle;
  /** Another tool that migrates it; absent: the built-in runner. */
  readonly runner?: ForeignRunnerSpec;
  /** The same as files of a ConfigMap. */
  readonly delivery: DeliverySpec;
  /** Bound of the Job, in seconds. */
  readonly deadlineSeconds: number;
  /** How often the runner begins anew after a transient fault that outlasted its own waits. */
  readonly retries: number;
  /** Further pods after one that failed; absent: none. */
  readonly podRetries?: number;
  /** Scheduling, registries and sidecars of its Jobs' pods. */
  readonly pod?: PodSettings;
  /** Account of its Jobs; absent: one is made, without annotations. */
  readonly account?: AccountSpec;
  /** How long each pod looks for the server before it gives up, in seconds. */
  readonly serverWaitSeconds: number;
  /** Bound of all that each pod's run waits for, in seconds. */
  readonly lockWaitSeconds: number;
  /** Bound of each statement, in seconds; absent: the server's own. */
  readonly statementTimeoutSeconds?: number;
  /** Bound of an idle transaction, in seconds. */
  readonly idleInTransactionSeconds: number;
  readonly resources: ResourcesSpec;
  /** Environment of the migration's containers, plain. */
  readonly env: Readonly<Record<string, string>>;
  readonly extensions: readonly string[];
  /** Databases that are migrated before this one. */
  readonly after: readonly string[];
  readonly protect: boolean;
  /** The login that runs migrations; absent: made here, with its first password. */
  readonly migratorLogin?: {
    /** How often its password was renewed; absent: never. */
    readonly passwordGeneration?: number;
    /** The Secret of a login that somebody else keeps; absent: the role is made here. */
    readonly existingSecret?: ExistingSecretSpec;
  };
  /** Taken before a migration; absent: none is. */
  readonly backup?: BackupSpec;
  /** Raised to run the Job again without a change. */
  readonly run: number;
  /** What a database that is ahead of the code means. */
  readonly ahead: "notice" | "refuse";
  /** Migrations older than the newest applied one are applied, and not refused. */
  readonly outOfOrder: boolean;
  /** What a connection of an older version of a service means for a contract migration. */
  readonly olderVersions: "refuse" | "notice";
  /** Its services are taken to 0 replicas before a new Job. */
  readonly maintenance: boolean;
  /** Whether it has suspended CronJobs for runs by hand. */
  readonly manualRuns: boolean;
  /** Set while a rollback of it stands. */
  readonly pinned?: PinSpec;
}

/**
 * What the gate of a database is: `job` migrates, `manual` only looks whether anything is pending, both
 * in a Job; with `initContainer` and `startup` the pods of the services that write migrate; `disabled`:
 * there is none.
 */
export type StrategySpec = "job" | "manual" | "initContainer" | "startup" | "disabled";
