import { definedResources } from "./defined-resources.ts";
import { deliveryOf } from "./delivery.ts";
import { type Inputs, valueOf } from "./inputs.ts";
import { known } from "./known.ts";
import { databaseRoles, kubeName } from "./names.ts";
import { pinOf } from "./pin.ts";
import type { PlatformConfig } from "./schema/platform.ts";
import type { DatabaseSpec } from "./spec.ts";

/** The databases with their roles and migrations. */
export function resolveDatabases(
  config: PlatformConfig,
  inputs: Inputs,
  project: string,
): DatabaseSpec[] {
  return Object.entries(config.databases).map(([name, database]) => {
    const migrationsDir = known(database.migrations, `a folder of migrations of ${name}`);
    const migrations = known(valueOf(inputs.bundles.get(migrationsDir)), `a bundle of ${name}`);
    const { rollback } = config;
    const pinned =
      rollback?.database === name
        ? pinOf(
            rollback,
            migrations.migrations.map((migration) => migration.name),
          )
        : undefined;
    return {
      name,
      kubeName: kubeName(name, project),
      roles: databaseRoles(name),
      strategy: database.strategy,
      migrationsDir,
      migrations,
      delivery: deliveryOf(migrations),
      deadlineSeconds: database.deadline,
      retries: database.retries,
      resources: definedResources(database.resources),
      env: database.env,
      extensions: database.extensions,
      after: database.after,
      protect: database.protect,
      run: database.run,
      // What a rollback undid is ahead of the pin; that is its purpose.
      ahead: pinned === undefined ? database.ahead : "notice",
      maintenance: database.maintenance,
      manualRuns: database.manualRuns,
      ...(pinned !== undefined && { pinned }),
    };
  });
}
