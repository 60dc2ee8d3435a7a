import type { MigrationBundle } from "@tidegate/migrator/bundle";
import type { ConnectionTls } from "./connection-env.ts";
import { definedResources } from "./defined-resources.ts";
import { deliveryOf } from "./delivery.ts";
import { type Inputs, valueOf } from "./inputs.ts";
import { known } from "./known.ts";
import { databaseRoles, kubeName } from "./names.ts";
import type { AccountSpec, DatabaseSpec, PinSpec, SidecarSpec } from "./spec.ts";
import { pinOf } from "./pin.ts";
import { resolvePod } from "./resolve-pods.ts";
import { resolveRunner } from "./resolve-runner.ts";
import type { Images } from "./resolve-images.ts";
import { runnerFolder } from "./runner-folder.ts";
import type { DatabaseConfig } from "./schema/database.ts";
import type { PlatformConfig } from "./schema/platform.ts";
import { resolveBackup } from "./resolve-backup.ts";
import { resolveExistingSecret } from "./resolve-existing-secret.ts";
import { lockWaitOf, waitShares } from "./wait-shares.ts";

const NO_MIGRATIONS: MigrationBundle = { format: 1, migrations: [] };

/** The databases with their roles and migrations. */
export function resolveDatabases(
  config: PlatformConfig,
  inputs: Inputs,
  { project, stack }: { readonly project: string; readonly stack: string },
  images: Images,
  tls: ConnectionTls,
  proxy?: SidecarSpec,
): DatabaseSpec[] {
  const version = config.server?.version ?? 0;
  return Object.entries(config.databases).map(([name, database]) => {
    const { runner } = database;
    const pod = resolvePod(database, proxy);
    const account = resolveAccount(database.serviceAccount, kubeName(name, project));
    const shares = waitShares(database.deadline, database.podRetries);
    const pinned = pinnedBy(config, name, inputs);
    return {
      name,
      kubeName: kubeName(name, project),
      roles: databaseRoles(name),
      strategy: database.strategy,
      ...(runner === undefined
        ? resolveMigrations(name, database, inputs)
        : {
            migrationsDir: runner.migrations ?? "",
            migrations: NO_MIGRATIONS,
            delivery: deliveryOf(NO_MIGRATIONS),
            runner: resolveRunner(runner, {
              images,
              tls,
              folder: runnerFolder(runner, inputs),
              env: database.env,
            }),
          }),
      deadlineSeconds: database.deadline,
      retries: database.retries,
      ...(database.podRetries > 0 && { podRetries: database.podRetries }),
      ...(pod !== undefined && { pod }),
      ...(account !== undefined && { account }),
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
      // What a rollback undid is ahead of the pin; that is its purpose.
      ahead: pinned === undefined ? database.ahead : "notice",
      outOfOrder: database.outOfOrder,
      olderVersions: database.olderVersions,
      maintenance: database.maintenance,
      // Where no Job migrates, none could be started by hand.
      manualRuns:
        database.manualRuns &&
        runner === undefined &&
        (database.strategy === "job" || database.strategy === "manual"),
      ...(pinned !== undefined && { pinned }),
    };
  });
}

/** How far the folder may go while a rollback of the database stands. */
function pinnedBy(config: PlatformConfig, name: string, inputs: Inputs): PinSpec | undefined {
  const { rollback, databases } = config;
  const folder = databases[name]?.migrations;
  if (rollback?.database !== name || folder === undefined) return undefined;
  const bundle = known(valueOf(inputs.bundles.get(folder)), `a bundle of ${name}`);
  return pinOf(
    rollback,
    bundle.migrations.map((migration) => migration.name),
  );
}

/** Undefined for an account that is made as ever, so that such a database looks as it did. */
function resolveAccount(
  { name, create, annotations }: DatabaseConfig["serviceAccount"],
  kube: string,
): AccountSpec | undefined {
  if (name === undefined && create && Object.keys(annotations).length === 0) return undefined;
  return { name: name ?? `${kube}-migration`, create, annotations };
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

function resolveMigrations(
  name: string,
  database: DatabaseConfig,
  inputs: Inputs,
): Pick<DatabaseSpec, "migrationsDir" | "migrations" | "delivery"> {
  const migrationsDir = known(database.migrations, `a folder of migrations of ${name}`);
  const migrations = known(valueOf(inputs.bundles.get(migrationsDir)), `a bundle of ${name}`);
  return { migrationsDir, migrations, delivery: deliveryOf(migrations) };
}
