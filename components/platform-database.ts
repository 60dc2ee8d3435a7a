import { databasePlan } from "../config/access-plan.ts";
import type { DatabaseSpec } from "../config/spec.ts";
import { ForeignMigration } from "./foreign-migration.ts";
import { Gate } from "./gate.ts";
import { inOrder } from "./in-order.ts";
import { ManualMigration } from "./manual-migration.ts";
import type { MigrationArgs } from "./migration-args.ts";
import { Migration } from "./migration.ts";
import { pick, type PlatformContext, secretsOf, usersOf } from "./platform-context.ts";
import { PodMigration } from "./pod-migration.ts";
import type { Service } from "./service.ts";
import { ServiceDatabase } from "./service-database.ts";

/** What is made for one database. */
export interface Database {
  readonly spec: DatabaseSpec;
  readonly access: ServiceDatabase;
  /** What its services wait for; of one that pods migrate, those services whose pods do. */
  readonly gate: Gate;
  /** Of one that a Job of the runner looks at. */
  readonly migration?: Migration;
  /** Of one that pods migrate: the gate of the services that only read it. */
  readonly readersGate?: (services: ReadonlyMap<string, Service>) => Gate;
}

/**
 * Makes a database with its roles, its migration and the gate of its services.
 *
 * @param others those that were made already, before which it can't be migrated
 */
export function createDatabase(
  context: PlatformContext,
  database: DatabaseSpec,
  others: ReadonlyMap<string, Database>,
): Database {
  const { spec, server, options } = context;
  const shared = { place: context.jobs, server };
  const image = spec.images.migrator.reference;
  const images = context.images.resourcesOf(spec.images.migrator);
  const access = new ServiceDatabase(
    `${context.name}-${database.kubeName}`,
    {
      ...shared,
      plan: databasePlan(database),
      ...(database.migratorLogin !== undefined && { migrator: database.migratorLogin }),
      kubeName: database.kubeName,
      passwords: spec.passwords,
      image,
      protect: database.protect,
      after: images,
      ...(database.pod !== undefined && { pod: database.pod }),
    },
    options,
  );
  const after = [
    ...images,
    ...database.after.flatMap((name) => others.get(name)?.gate.dependsOn ?? []),
  ];
  return {
    spec: database,
    access,
    ...createGate(context, {
      ...shared,
      gatePlace: context.place,
      database,
      access,
      image,
      after,
    }),
  };
}

/** What the gate of a database is, by its strategy. */
function createGate(
  context: PlatformContext,
  args: Pick<
    MigrationArgs,
    "place" | "gatePlace" | "server" | "database" | "access" | "image" | "after"
  >,
): Omit<Database, "spec" | "access"> {
  const { spec, options } = context;
  const { database, access, after } = args;
  const { runner } = database;
  const part = `${context.name}-${database.kubeName}`;
  const name = `${part}-migration`;
  if (runner !== undefined) {
    const foreign = {
      ...args,
      runner,
      context: spec.context,
      after: [...after, ...context.images.resourcesOf(runner.image)],
      secrets: secretsOf(context, runner.secretEnv),
    };
    return { gate: new ForeignMigration(name, foreign, options).gate };
  }
  switch (database.strategy) {
    case "job":
    case "manual": {
      const commit = spec.commit === undefined ? {} : { commit: spec.commit };
      const lowers = database.maintenance ? usersOf(spec, database.name) : [];
      const migration = new Migration(
        name,
        { ...args, phase: "expand", lowers, ...commit, ...told(context) },
        options,
      );
      if (database.manualRuns) {
        const { jobArgs, needs, files } = migration;
        const manual = { jobArgs, needs, files, place: context.jobs };
        new ManualMigration(`${part}-manual`, manual, options);
      }
      return { gate: migration.gate, migration };
    }
    case "initContainer":
    case "startup": {
      const services = inOrder(spec.services)
        .filter((service) =>
          service.databases.some((use) => use.database === database.name && use.migrates),
        )
        .map((service) => service.name);
      const pods = new PodMigration(
        name,
        { ...args, by: database.strategy, services, platform: context.name, ...told(context) },
        options,
      );
      let made: Gate | undefined;
      const readersGate = (all: ReadonlyMap<string, Service>): Gate =>
        (made ??= pods.readersGate(services.map((service) => pick(all, service).deployment)));
      return { gate: pods.gate, readersGate };
    }
    case "disabled": {
      const parts = { database: database.name, targets: [`**::${part}-*`] };
      return { gate: new Gate({ kind: "open", ...parts, needs: [...access.ready, ...after] }) };
    }
    default:
      return database.strategy satisfies never;
  }
}

/** After the rollout of every service that uses the database; only where there is something to contract. */
export function createContract(
  context: PlatformContext,
  { spec: database, access }: Database,
  services: ReadonlyMap<string, Service>,
): Migration | undefined {
  const { spec, server, options } = context;
  if (database.strategy === "disabled") return undefined;
  // Nothing goes forward while a rollback of the database stands.
  if (database.pinned !== undefined) return undefined;
  if (!database.migrations.migrations.some((entry) => entry.phase === "contract")) {
    return undefined;
  }
  const users = spec.services.filter((service) =>
    service.databases.some((use) => use.database === database.name),
  );
  return new Migration(
    `${context.name}-${database.kubeName}-contract`,
    {
      place: context.jobs,
      gatePlace: context.place,
      server,
      database,
      phase: "contract",
      access,
      image: spec.images.migrator.reference,
      after: users.map((service) => pick(services, service.name).deployment),
      services: users,
      ...(spec.commit !== undefined && { commit: spec.commit }),
      ...told(context),
    },
    options,
  );
}

function told({ notifications }: PlatformContext): Pick<MigrationArgs, "notifications"> {
  return notifications === undefined ? {} : { notifications };
}
