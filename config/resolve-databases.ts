import { definedResources } from "./defined-resources.ts";
import { deliveryOf } from "./delivery.ts";
import { type Inputs, valueOf } from "./inputs.ts";
import { known } from "./known.ts";
import { databaseRoles, kubeName } from "./names.ts";
import type { PlatformConfig } from "./schema/platform.ts";
import type { DatabaseSpec } from "./spec.ts";
import { lockWaitOf, waitShares } from "./wait-shares.ts";

/** The databases with their roles and migrations. */
export function resolveDatabases(
  config: PlatformConfig,
  inputs: Inputs,
  project: string,
): DatabaseSpec[] {
  return Object.entries(config.databases).map(([name, database]) => {
    const migrationsDir = known(database.migrations, `a folder of migrations of ${name}`);
    const migrations = known(valueOf(inputs.bundles.get(migrationsDir)), `a bundle of ${name}`);
    const shares = waitShares(database.deadline, database.retries);
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
      serverWaitSeconds: shares.server,
      lockWaitSeconds: lockWaitOf(shares, database.lockWait),
      ...(database.statementTimeout !== undefined && {
        statementTimeoutSeconds: database.statementTimeout,
      }),
      idleInTransactionSeconds: database.idleInTransactionTimeout,
      resources: definedResources(database.resources),
      env: database.env,
      extensions: database.extensions,
      after: database.after,
      protect: database.protect,
      run: database.run,
      ahead: database.ahead,
      outOfOrder: database.outOfOrder,
      olderVersions: database.olderVersions,
    };
  });
}
