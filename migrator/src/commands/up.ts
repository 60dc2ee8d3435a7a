import type { MigrationBundle, Phase } from "../bundle/types.ts";
import { ENV } from "../contract.ts";
import { variable } from "../core/connection/connection-parts.ts";
import { runMigrations, type RunResult } from "../core/run-migrations.ts";
import { withStopSignal } from "../core/stop-signal.ts";
import { type ConnectionRequest, resolveConnection } from "./connection-request.ts";
import { loadMigrations } from "./migrations.ts";

/** How long a run waits for locks where the caller sets nothing, in seconds. */
export const DEFAULT_LOCK_WAIT = 300;

/** What `migrate` and the command `up` take. */
export interface MigrateOptions extends ConnectionRequest {
  /** A folder, or migrations that are bundled already. */
  readonly migrations: string | MigrationBundle;
  /** Only migrations of this phase; default: both, in the order of their versions. */
  readonly phase?: Phase;
  /** What a database that is ahead means; default `notice`. */
  readonly ahead?: "notice" | "refuse";
  /** Migrations older than the newest applied one may be applied; default `false`. */
  readonly outOfOrder?: boolean;
  /** The current role must own the database; default `false`. */
  readonly expectOwner?: boolean;
  /** Bound of the wait for the migration lock, and of each migration's waits, in seconds; default 300. */
  readonly lockWaitSeconds?: number;
  /** Bound of the whole run, in seconds; default: none. */
  readonly deadlineSeconds?: number;
  /** Commit for the history; default: `GIT_COMMIT` of `env`. */
  readonly gitCommit?: string;
}

/**
 * Applies what is pending, one run at a time per database, each migration in its own transaction.
 * Nothing pending: no lock, no write.
 *
 * @throws MigratorError, whose `verdictOf` says what, where, in which state the database is, and what next.
 */
export async function migrate(options: MigrateOptions): Promise<RunResult> {
  const { settings, env, connectTimeoutSeconds, onEvent } = resolveConnection(options);
  const bundle = await loadMigrations(options.migrations);
  return withStopSignal(options.signal, options.deadlineSeconds, (signal) =>
    runMigrations(settings, bundle, {
      ...(options.phase === undefined ? {} : { phase: options.phase }),
      ahead: options.ahead ?? "notice",
      outOfOrder: options.outOfOrder ?? false,
      expectOwner: options.expectOwner ?? false,
      lockWaitSeconds: options.lockWaitSeconds ?? DEFAULT_LOCK_WAIT,
      connectTimeoutSeconds,
      gitCommit: options.gitCommit ?? variable(env, ENV.gitCommit) ?? null,
      signal,
      onEvent,
    }),
  );
}
