import { ConnectionLost } from "./connection/session.ts";
import type { EventListener } from "./events.ts";
import { type Backoff, pause, pauseAfter } from "./pause.ts";
import type { WaitBudget } from "./wait-budget.ts";

export interface TransientRetryOptions {
  /** Bound of one outage, in seconds. */
  readonly budgetSeconds: number;
  /** Outages are part of it; one of no seconds bounds waits for locks only. */
  readonly waits?: WaitBudget;
  readonly signal: AbortSignal;
  readonly onEvent: EventListener;
}

/** What a try tells of itself. */
export interface TryProgress {
  /** The server is there: the outage, if there was one, is over. */
  readonly connected: () => void;
  /** It got somewhere: what may be lost again is something else. */
  readonly progress: () => void;
}

/** How long a run looks for a server that does not answer, in seconds: a restart or failover takes less. */
export const RECONNECT_BUDGET = 60;

/**
 * How often the connection may be lost without progress between: a migration that takes the server down
 * each time it is tried must not do so for ever.
 */
const MOST_LOSSES = 5;

const BETWEEN: Backoff = { first: 200, factor: 2, most: 5000 };

/**
 * Tries again with a new connection while connections are refused or lost.
 *
 * @throws the last ConnectionLost when the budget is used up; anything else at once.
 */
export async function retryTransient<T>(
  options: TransientRetryOptions,
  attempt: (progress: TryProgress) => Promise<T>,
): Promise<T> {
  const { waits, signal } = options;
  let since: number | null = null;
  let number = 0;
  let losses = 0;
  let reached = false;
  const connected = (): void => {
    reached = true;
    number = 0;
    if (since !== null) waits?.spend(performance.now() - since);
    since = null;
  };
  const progress = (): void => {
    losses = 0;
  };
  for (;;) {
    signal.throwIfAborted();
    reached = false;
    try {
      return await attempt({ connected, progress });
    } catch (error) {
      // What was stopped says where it was; the bare reason does not.
      if (!(error instanceof ConnectionLost)) throw error;
      signal.throwIfAborted();
      if (reached) losses += 1;
      // From its first failure on: a migration that ran for an hour before is no part of the outage.
      since ??= performance.now();
      const wait = pauseAfter(BETWEEN, number);
      const bounded = waits === undefined || waits.seconds === 0 ? Infinity : waits.left;
      const most = Math.min(options.budgetSeconds * 1000, bounded);
      if (losses > MOST_LOSSES || performance.now() + wait - since > most) throw error;
      options.onEvent({ event: "retry", reason: error.message, milliseconds: wait });
      await pause(wait, signal);
      number += 1;
    }
  }
}
