import type * as pulumi from "@pulumi/pulumi";
import type { DatabaseSpec, ServiceSpec } from "../config/spec.ts";
import type { Notifications } from "./notifications.ts";
import type { Placement } from "./placement.ts";
import type { PostgresServer } from "./postgres-server.ts";
import type { ServiceDatabase } from "./service-database.ts";

/** What a `Migration` is made of. */
export interface MigrationArgs {
  /** The database and how it is migrated. Any change of migrations or settings runs a new Job. */
  readonly database: DatabaseSpec;
  /** `expand` runs before the rollout of its services, `contract` after it. */
  readonly phase: "expand" | "contract";
  /** The database's roles and Secret. */
  readonly access: ServiceDatabase;
  readonly server: PostgresServer;
  /** The runner's image; a change runs a new Job. */
  readonly image: string;
  /** What has to be there first: the image, other databases' Jobs, and of `contract` the rollouts. */
  readonly after: readonly pulumi.Resource[];
  /** Where the Job goes, with its account and files. */
  readonly place: Placement;
  /** Where the services are, whose pods mount what their gate waits for; default: where the Job is. */
  readonly gatePlace?: Placement;
  /** Hears of what the Job does; default: nobody. */
  readonly notifications?: Notifications;
  /** Of `contract`: the services that may be connected to the database meanwhile. */
  readonly services?: readonly ServiceSpec[];
  /** Commit that is deployed, for the history; no reason to run a Job again. */
  readonly commit?: string;
  /** Services that are taken to 0 replicas before each new Job; default none. */
  readonly lowers?: readonly string[];
}
