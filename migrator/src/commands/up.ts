import type { MigrationBundle, Phase } from "../bundle/types.ts";
import { ENV } from "../contract.ts";
import { type Environment, variable } from "../core/connection/connection-parts.ts";
import { DEFAULT_PROGRESS_SECONDS } from "../core/apply/progress-watch.ts";
import { runMigrations, type RunResult } from "../core/run-migrations.ts";
import { withStopSignal } from "../core/stop-signal.ts";
import { type ConnectionRequest, resolveConnection } from "./connection-request.ts";
import { loadMigrations } from "./migrations.ts";
import { namedMigration } from "./named-migration.ts";

/** How long a run waits for locks where the caller sets nothing, in seconds. */
export const DEFAULT_LOCK_WAIT = 240;

/**
 * The same for a run with a deadline: at most half of it, so that a lock that is not had ends in the
 * verdict that names who holds it, and not in the deadline that knows nothing.
 */
export function defaultLockWait(deadlineSeconds: number | undefined): number {
  return deadlineSeconds === undefined
    ? DEFAULT_LOCK_WAIT
    : Math.min(DEFAULT_LOCK_WAIT, deadlineSeconds / 2);
}

/** The pod that this process runs in; `null`: none that the environment tells. */
export function podOf(env: Environment): string | null {
  return variable(env, ENV.podName) ?? variable(env, ENV.hostname) ?? null;
}

/** What `migrate` and the command `up` take. */
export interface MigrateOptions extends ConnectionRequest {
  /** A folder, or migrations that are bundled already. */
  readonly migrations: string | MigrationBundle;
  /** Only migrations of this phase; default: both, in the order of their versions. */
  readonly phase?: Phase;
  /** Nothing newer than this version is applied, a name or its number; default: everything is. */
  readonly to?: string;
  /** What a database that is ahead means; default `notice`. */
  readonly ahead?: "notice" | "refuse";
  /** Migrations older than the newest applied one may be applied; default `false`. */
  readonly outOfOrder?: boolean;
  /** The current role must own the database; default `false`. */
  readonly expectOwner?: boolean;
  /** Bound of the wait for the migration lock, and of each migration's waits, in seconds; default 240, at most half of the deadline. */
  readonly lockWaitSeconds?: number;
  /** Bound of each statement, in seconds; none while an index is built concurrently; default: the server's. */
  readonly statementTimeoutSeconds?: number;
  /** After how long a running statement is reported, in seconds; default 10. */
  readonly progressSeconds?: number;
  /** Bound of the whole run, in seconds; default: none. */
  readonly deadlineSeconds?: number;
  /**
   * How often the run begins anew after a transient fault that outlasted its own waits: a server that did
   * not answer for 60 s, or a deadlock that came back 8 times; default 0.
   */
  readonly retries?: number;
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
  const to = options.to === undefined ? undefined : namedMigration(bundle, options.to).name;
  return withStopSignal(options.signal, options.deadlineSeconds, (signal) =>
    runMigrations(settings, bundle, {
      ...(options.phase === undefined ? {} : { phase: options.phase }),
      ...(to === undefined ? {} : { to }),
      ahead: options.ahead ?? "notice",
      outOfOrder: options.outOfOrder ?? false,
      expectOwner: options.expectOwner ?? false,
      lockWaitSeconds: options.lockWaitSeconds ?? defaultLockWait(options.deadlineSeconds),
      statementTimeoutSeconds: options.statementTimeoutSeconds ?? null,
      progressSeconds: options.progressSeconds ?? DEFAULT_PROGRESS_SECONDS,
      retries: options.retries ?? 0,
      connectTimeoutSeconds,
      gitCommit: options.gitCommit ?? variable(env, ENV.gitCommit) ?? null,
      pod: podOf(env),
      signal,
      onEvent,
    }),
  );
}
