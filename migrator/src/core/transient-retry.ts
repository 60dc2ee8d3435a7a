import { ConnectionLost } from "./connection/session.ts";
import type { EventListener } from "./events.ts";
import { MigratorError } from "./migrator-error.ts";
import { type Backoff, pause, pauseAfter } from "./pause.ts";
import { driverError, isConflict, SQLSTATE } from "./sqlstate.ts";

export interface TransientRetryOptions {
  /** Bound of the tries without progress, in seconds. */
  readonly budgetSeconds: number;
  /** How often a whole round begins anew after a transient fault that outlasted its budget; default 0. */
  readonly retries?: number;
  readonly signal: AbortSignal;
  readonly onEvent: EventListener;
}

/** How long a run looks for a server that does not answer, in seconds: a restart or failover takes less. */
export const RECONNECT_BUDGET = 60;

const BETWEEN: Backoff = { first: 200, factor: 2, most: 5000 };

/**
 * Tries again with a new connection while connections are refused or lost. When the budget is used up,
 * or other people's transactions were in the way to the end (deadlock, serialization failure), one of
 * `retries` begins the round anew; a lock that is not had is no such fault: its own wait is longer.
 *
 * @param attempt gets a function to call when it got somewhere: budget and retries then begin anew.
 * @throws the last transient fault when nothing is left; anything else at once.
 */
export async function retryTransient<T>(
  options: TransientRetryOptions,
  attempt: (progress: () => void) => Promise<T>,
): Promise<T> {
  const { retries = 0, onEvent } = options;
  let started = performance.now();
  let number = 0;
  let rounds = 0;
  const progress = (): void => {
    started = performance.now();
    number = 0;
    rounds = 0;
  };
  for (;;) {
    options.signal.throwIfAborted();
    try {
      return await attempt(progress);
    } catch (error) {
      // What was stopped says where it was; the bare reason does not.
      if (!isTransient(error)) throw error;
      options.signal.throwIfAborted();
      const wait = pauseAfter(BETWEEN, number);
      const lost = error instanceof ConnectionLost;
      if (!lost || performance.now() + wait - started > options.budgetSeconds * 1000) {
        if (rounds >= retries) throw error;
        rounds += 1;
        number = 0;
        started = performance.now();
        onEvent({ event: "notice", message: `retry ${rounds} of ${retries}: ${error.message}` });
      }
      onEvent({ event: "retry", reason: error.message, milliseconds: wait });
      await pause(wait, options.signal);
      number += 1;
    }
  }
}

function isTransient(error: unknown): error is MigratorError {
  if (error instanceof ConnectionLost) return true;
  if (!(error instanceof MigratorError) || !isConflict(error.cause)) return false;
  return driverError(error.cause).code !== SQLSTATE.lockNotAvailable;
}
