import { ENV } from "../contract.ts";
import { DEFAULT_IDLE_IN_TRANSACTION } from "../core/apply/prepare-session.ts";
import { DEFAULT_PROGRESS_SECONDS } from "../core/apply/progress-watch.ts";
import { type Environment, variable } from "../core/connection/connection-parts.ts";
import type { ConnectionSettings } from "../core/connection/settings.ts";
import type { BaseRunOptions } from "../core/run-context.ts";
import { withStopSignal } from "../core/stop-signal.ts";
import { type ConnectionRequest, resolveConnection } from "./connection-request.ts";

/** How long a run waits for locks where the caller sets nothing, in seconds. */
export const DEFAULT_LOCK_WAIT = 240;

/** What every command takes that runs migrations, in whichever direction. */
export interface RunRequest extends ConnectionRequest {
  /** The current role must own the database; default `false`. */
  readonly expectOwner?: boolean;
  /** Bound of all waits for locks, in seconds, those for a server that went away included; default 240, at most half of the deadline. */
  readonly lockWaitSeconds?: number;
  /** Bound of each statement, in seconds; none while an index is built concurrently; default: the server's. */
  readonly statementTimeoutSeconds?: number;
  /** How long a transaction of a migration may stand idle, in seconds; default 300. */
  readonly idleInTransactionSeconds?: number;
  /** After how long a running statement is reported, in seconds; default 10. */
  readonly progressSeconds?: number;
  /** Bound of the whole run, in seconds; default: none. */
  readonly deadlineSeconds?: number;
  /** Commit for the history; default: `GIT_COMMIT` of `env`. */
  readonly gitCommit?: string;
}

/** Applies the defaults and runs `work`, which the caller's signal or the deadline stops. */
export async function withRunOptions<T>(
  request: RunRequest,
  work: (settings: ConnectionSettings, options: BaseRunOptions) => Promise<T>,
): Promise<T> {
  const { settings, env, connectTimeoutSeconds, onEvent, advice } = resolveConnection(request);
  const run = (signal: AbortSignal): Promise<T> =>
    work(settings, {
      expectOwner: request.expectOwner ?? false,
      lockWaitSeconds: request.lockWaitSeconds ?? defaultLockWait(request.deadlineSeconds),
      statementTimeoutSeconds: request.statementTimeoutSeconds ?? null,
      idleInTransactionSeconds: request.idleInTransactionSeconds ?? DEFAULT_IDLE_IN_TRANSACTION,
      progressSeconds: request.progressSeconds ?? DEFAULT_PROGRESS_SECONDS,
      connectTimeoutSeconds,
      gitCommit: request.gitCommit ?? variable(env, ENV.gitCommit) ?? null,
      pod: podOf(env),
      signal,
      onEvent,
      advice,
    });
  return withStopSignal(request.signal, request.deadlineSeconds, run, advice);
}

/** The pod that this process runs in; `null`: none that the environment tells. */
export function podOf(env: Environment): string | null {
  return variable(env, ENV.podName) ?? variable(env, ENV.hostname) ?? null;
}

/**
 * At most half of the deadline, so that a lock that is not had ends in the verdict that names who holds
 * it, and not in the deadline that knows nothing.
 */
function defaultLockWait(deadlineSeconds: number | undefined): number {
  return deadlineSeconds === undefined
    ? DEFAULT_LOCK_WAIT
    : Math.min(DEFAULT_LOCK_WAIT, deadlineSeconds / 2);
}
