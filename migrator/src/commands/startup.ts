import { ENV, STARTUP_PREFIX } from "../contract.ts";
import { variable } from "../core/connection/connection-parts.ts";
import { usageError } from "../core/migrator-error.ts";
import type { RunResult } from "../core/run-migrations.ts";
import { resolveConnection } from "./connection-request.ts";
import { preflight } from "./preflight.ts";
import { migrate, type MigrateOptions } from "./up.ts";

/** What `migrateAtStartup` takes; everything has a default that fits a pod of Tidegate. */
export interface StartupOptions extends Partial<MigrateOptions> {
  /** How often to connect; default 30. */
  readonly tries?: number;
  /** Pause between two tries, in seconds; default 2. */
  readonly intervalSeconds?: number;
}

/**
 * For a program that migrates its own database as it starts, before it serves: waits for the server,
 * then does what `migrate` does. Any number of copies may start at once; one of them migrates, the
 * others wait for it and find nothing pending.
 *
 * Beside the defaults of `migrate`: the connection is read behind `MIGRATOR_`, the folder from
 * `MIGRATOR_MIGRATIONS_DIR`, then `MIGRATIONS_DIR`; only expand migrations run, as older copies of the
 * program still serve; the login must act as the database's owner.
 *
 * @returns what was applied; `null`: `RUN_MIGRATIONS` is `false`, and nothing was looked at.
 * @throws MigratorError as `migrate`; of kind `connection` when the server did not answer in time.
 */
export async function migrateAtStartup(options: StartupOptions = {}): Promise<RunResult | null> {
  const env = options.env ?? process.env;
  if (!isOn(variable(env, ENV.runMigrations))) {
    const message = `${ENV.runMigrations} is off: the database is not migrated`;
    options.onEvent?.({ event: "notice", message });
    return null;
  }
  const prefix = options.prefix ?? STARTUP_PREFIX;
  const folder = `${prefix}${ENV.migrationsDir}`;
  const migrations =
    options.migrations ?? variable(env, folder) ?? variable(env, ENV.migrationsDir);
  if (migrations === undefined) {
    throw usageError("startup", [`no folder of migrations is given; set ${folder}`]);
  }
  const { settings } = resolveConnection({ ...options, env, prefix });
  const request = { expectOwner: true, ...options, env, connection: settings, migrations };
  await preflight(request);
  return await migrate({ phase: "expand", ...request });
}

/** @throws MigratorError of kind `usage`: a value that nobody reads is a switch that does nothing. */
function isOn(value: string | undefined): boolean {
  switch (value?.toLowerCase()) {
    case undefined:
    case "true":
    case "1":
      return true;
    case "false":
    case "0":
      return false;
    default:
      throw usageError("startup", [`${ENV.runMigrations} is true or false, not ${value}`]);
  }
}
