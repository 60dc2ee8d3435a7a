import { definedResources } from "./defined-resources.ts";
import { deliveryOf } from "./delivery.ts";
import { type Inputs, valueOf } from "./inputs.ts";
import { known } from "./known.ts";
import { databaseRoles, kubeName } from "./names.ts";
import type { PlatformConfig } from "./schema/platform.ts";
import { resolveBackup } from "./resolve-backup.ts";
import { resolveExistingSecret } from "./resolve-existing-secret.ts";
import type { DatabaseSpec } from "./spec.ts";
import { lockWaitOf, waitShares } from "./wait-shares.ts";

/** The databases with their roles and migrations. */
export function resolveDatabases(
  config: PlatformConfig,
  inputs: Inputs,
  { project, stack }: { readonly project: string; readonly stack: string },
): DatabaseSpec[] {
  const version = config.server?.version ?? 0;
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
      ...(database.backup !== undefined && {
        backup: resolveBackup(database.backup, {
          project,
          stack,
          kubeName: kubeName(name, project),
          version,
        }),
      }),
      ...migratorLoginOf(database.migrator),
      run: database.run,
      ahead: database.ahead,
      outOfOrder: database.outOfOrder,
      olderVersions: database.olderVersions,
    };
  });
}

function migratorLoginOf({
  passwordGeneration,
  existingSecret,
}: PlatformConfig["databases"][string]["migrator"]): Pick<DatabaseSpec, "migratorLogin"> {
  if (passwordGeneration === 0 && existingSecret === undefined) return {};
  return {
    migratorLogin: {
      ...(passwordGeneration > 0 && { passwordGeneration }),
      ...resolveExistingSecret(existingSecret),
    },
  };
}
