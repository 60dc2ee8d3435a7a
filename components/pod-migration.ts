import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { SCHEMA_FILE, type SchemaRequirement } from "@tidegate/migrator/contract";
import type { DatabaseSpec } from "../config/spec.ts";
import { Gate } from "./gate.ts";
import { buildLabels } from "./labels.ts";
import { MigrationFiles } from "./migration-files.ts";
import { buildSchema } from "./migration-schema.ts";
import type { Notifications } from "./notifications.ts";
import type { Placement } from "./placement.ts";
import type { ServiceDatabase } from "./service-database.ts";

export interface PodMigrationComponentArgs {
  /** The database. A change of its migrations or settings rolls the services that migrate it. */
  readonly database: DatabaseSpec;
  /** Who migrates in those pods: the runner in an init container, or the program itself. */
  readonly by: "initContainer" | "startup";
  /** The database's roles and Secret. */
  readonly access: ServiceDatabase;
  /** The runner's image; a change rolls the services, where an init container migrates. */
  readonly image: string;
  /** What has to be there first: the image, other databases' Jobs. */
  readonly after: readonly pulumi.Resource[];
  /** Names of the services whose pods migrate, the first one that is rolled out first. */
  readonly services: readonly string[];
  /** The platform's logical name, with which those of its services begin. */
  readonly platform: string;
  /** Where the objects go. */
  readonly place: Placement;
  /** Hears of what an init container does, never a program of the service's; default: nobody. */
  readonly notifications?: Notifications;
}

/** A database that the pods of its services migrate: the gate of these, and of those that only read. */
export class PodMigration extends pulumi.ComponentResource {
  /** For the services whose pods migrate. */
  readonly gate: Gate;
  readonly #name: string;
  readonly #args: PodMigrationComponentArgs;
  readonly #files: MigrationFiles;

  constructor(
    name: string,
    args: PodMigrationComponentArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    // The type and the children's names of `Migration`: another strategy must change the ConfigMap of a
    // stable name in place, and not delete what it has just made.
    super("tidegate:components:Migration", name, {}, opts);
    this.#name = name;
    this.#args = args;
    const { database, access, by } = args;
    // A program that migrates as it starts is not given the URL, which is a secret.
    const told = by === "initContainer" ? args.notifications : undefined;
    const requirement = JSON.stringify(this.requirement(), null, 2);
    const data = { ...database.delivery.files, [SCHEMA_FILE]: requirement };
    const files = new MigrationFiles(
      `${name}-files`,
      { database: database.name, target: this.target(), ...this.metadata(), data },
      { parent: this },
    );
    this.#files = files;
    this.gate = new Gate({
      kind: "pod",
      database: database.name,
      targets: [this.target()],
      files,
      needs: [...access.ready, ...args.after, ...(told === undefined ? [] : [told.secret])],
      migrates: {
        ...(told !== undefined && { notifyEnv: told.env(database.name) }),
        by,
        database,
        image: args.image,
        secret: access.migratorConnection,
        files,
        ...(by === "initContainer" && {
          schema: {
            volume: `${database.kubeName}-schema`,
            configMap: files.name,
            key: SCHEMA_FILE,
          },
        }),
      },
      ...(access.replacedWith !== undefined && { replacedWith: access.replacedWith }),
    });
    this.registerOutputs();
  }

  /**
   * The gate of the services that only read. Call it once.
   *
   * @param deployments of all services whose pods migrate; what readers' pods wait for is written after
   *   these have rolled out: a failed migration must not hold an old pod that restarts.
   */
  readersGate(deployments: readonly k8s.apps.v1.Deployment[]): Gate {
    const { database, services, platform } = this.#args;
    const schemaName = `${database.kubeName}-schema`;
    const schema = new k8s.core.v1.ConfigMap(
      `${this.#name}-schema`,
      {
        metadata: { ...this.metadata(), name: schemaName },
        data: { [SCHEMA_FILE]: JSON.stringify(this.requirement(), null, 2) },
      },
      { parent: this, dependsOn: [...deployments] },
    );
    return new Gate({
      kind: "rollout",
      database: database.name,
      targets: [this.target(), ...services.map((service) => `**::${platform}-${service}-*`)],
      deployments,
      files: this.#files,
      schema,
      schemaName,
    });
  }

  private requirement(): SchemaRequirement {
    const { database, services, place } = this.#args;
    return {
      ...buildSchema(database, this.#name),
      // New pods of one of them migrate again.
      command: `kubectl rollout restart deployment/${services[0] ?? ""} --namespace ${place.namespace}`,
    };
  }

  private target(): string {
    return `**::${this.#name.replace(/-migration$/, "")}-*`;
  }

  private metadata() {
    const { database, place } = this.#args;
    return {
      namespace: place.namespaceReady,
      labels: buildLabels({
        platform: place.platform,
        name: database.kubeName,
        component: "migration",
        database: database.name,
      }),
    };
  }
}
