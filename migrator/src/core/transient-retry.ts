import { ConnectionLost } from "./connection/session.ts";
import type { EventListener } from "./events.ts";
import { type Backoff, pause, pauseAfter } from "./pause.ts";

export interface TransientRetryOptions {
  /** Bound of the tries without progress, in seconds. */
  readonly budgetSeconds: number;
  readonly signal: AbortSignal;
  readonly onEvent: EventListener;
}

/** How long a run looks for a server that does not answer, in seconds: a restart or failover takes less. */
export const RECONNECT_BUDGET = 60;

const BETWEEN: Backoff = { first: 200, factor: 2, most: 5000 };

/**
 * Tries again with a new connection while connections are refused or lost.
 *
 * @param attempt gets a function to call when it got somewhere: the budget then begins anew.
 * @throws the last ConnectionLost when the budget is used up; anything else at once.
 */
export async function retryTransient<T>(
  options: TransientRetryOptions,
  attempt: (progress: () => void) => Promise<T>,
): Promise<T> {
  let started = performance.now();
  let number = 0;
  const progress = (): void => {
    started = performance.now();
    number = 0;
  };
  for (;;) {
    options.signal.throwIfAborted();
    try {
      return await attempt(progress);
    } catch (error) {
      // What was stopped says where it was; the bare reason does not.
      if (!(error instanceof ConnectionLost)) throw error;
      options.signal.throwIfAborted();
      const wait = pauseAfter(BETWEEN, number);
      if (performance.now() + wait - started > options.budgetSeconds * 1000) throw error;
      options.onEvent({ event: "retry", reason: error.message, milliseconds: wait });
      await pause(wait, options.signal);
      number += 1;
    }
  }
}
