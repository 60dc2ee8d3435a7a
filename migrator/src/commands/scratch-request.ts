import type { MigrationBundle } from "../bundle/types.ts";
import { variable } from "../core/connection/connection-parts.ts";
import { readVariableSets } from "../core/connection/connection-parts.ts";
import { explained } from "../core/connection/explained.ts";
import { readSettings } from "../core/connection/read-settings.ts";
import { addressOf, type ConnectionSettings } from "../core/connection/settings.ts";
import type { EventListener } from "../core/events.ts";
import { MigratorError } from "../core/migrator-error.ts";
import type { DatabaseTraits } from "../core/scratch/database-traits.ts";
import { withGivenScratch } from "../core/scratch/given-scratch.ts";
import { type ScratchOptions, withScratchDatabase } from "../core/scratch/scratch-database.ts";
import type { ConnectionRequest, ResolvedConnection } from "./connection-request.ts";
import { migrate } from "./up.ts";

/** Prefix of the variables that name an empty database; a secret has no place among the arguments. */
export const SCRATCH_VARIABLES = "SCRATCH_";

/** What every command takes that runs migrations where they can do no harm. */
export interface ScratchRequest extends ConnectionRequest {
  /** A folder, or migrations that are bundled already. */
  readonly migrations: string | MigrationBundle;
  /** An empty database to use; absent: read from `SCRATCH_…` of `env`, or one is made and dropped. */
  readonly scratch?: ConnectionSettings;
  /** Bound of the whole work, in seconds; default: none. */
  readonly deadlineSeconds?: number;
}

/** Hands out a database that is empty and goes away, or is emptied, afterwards. */
export async function withScratch<T>(
  request: ScratchRequest,
  { settings, env }: ResolvedConnection,
  traits: DatabaseTraits,
  options: ScratchOptions,
  use: (scratch: ConnectionSettings) => Promise<T>,
): Promise<T> {
  const given =
    request.scratch ??
    (variable(env, `${SCRATCH_VARIABLES}DATABASE_URL`) !== undefined ||
    readVariableSets(env, SCRATCH_VARIABLES).length > 0
      ? readSettings(env, SCRATCH_VARIABLES).settings
      : undefined);
  if (given === undefined) return await withScratchDatabase(settings, traits, options, use);
  if (addressOf(given) === addressOf(settings)) {
    throw new MigratorError(
      "usage",
      `${addressOf(given)} is both the database and its scratch database`,
      { next: "name another database in SCRATCH_DATABASE_URL" },
    );
  }
  return await explained(given, () => withGivenScratch(given, options, use));
}

/**
 * Runs migrations in a scratch database.
 *
 * @throws MigratorError that says that it was there, and that nothing else was touched.
 */
export async function makeSchema(
  scratch: ConnectionSettings,
  migrations: MigrationBundle,
  { env }: ResolvedConnection,
  { connectTimeoutSeconds, signal, onEvent }: ScratchOptions,
): Promise<void> {
  try {
    await migrate({
      connection: scratch,
      migrations,
      env,
      connectTimeoutSeconds,
      signal,
      onEvent: quiet(onEvent),
      outOfOrder: true,
    });
  } catch (error) {
    throw inScratch(error);
  }
}

/** The same failure, with the state that is left when the scratch database is gone. */
export function inScratch(error: unknown): unknown {
  if (!(error instanceof MigratorError) || error.kind === "stopped") return error;
  const { file, line, sqlstate, statement, detail, hint, blocker } = error.details;
  const kept = { file, line, sqlstate, statement, detail, hint, blocker };
  const details = Object.fromEntries(
    Object.entries(kept).filter(([, value]) => value !== undefined),
  );
  const state = "that was in the scratch database, which is gone; nothing else was changed";
  return new MigratorError(error.kind, error.message, { ...details, state }, { cause: error });
}

/** Without what is no news where nothing stays: what is applied, and the notices of migrations. */
export function quiet(onEvent: EventListener): EventListener {
  return (event) => {
    if (event.event === "progress" || event.event === "retry") onEvent(event);
  };
}
