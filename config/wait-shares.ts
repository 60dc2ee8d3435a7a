/** What one pod of a migration's Job may spend on waiting, in whole seconds. */
export interface WaitShares {
  /** All of it: so that the tries together take at most half of the deadline. */
  readonly each: number;
  /** Of it, for a server that does not answer. */
  readonly server: number;
  /** Of it at most, for locks. */
  readonly lock: number;
}

/**
 * Below this a restart of the server or a short transaction of a service would fail a deploy, in seconds:
 * five tries at reaching it and twenty at a lock, which last up to a second each.
 */
export const LEAST_SHARE = 25;

/** A server gets a minute to come up; restarts and failovers take less. */
const MOST_FOR_SERVER = 60;

/**
 * The time that a Job's pods may wait: half of the deadline, as the other half is for the work, the
 * start of the pods and the verdict; split evenly among the first try and the retries.
 */
export function waitShares(deadlineSeconds: number, retries: number): WaitShares {
  const each = Math.floor(deadlineSeconds / 2 / (retries + 1));
  const server = Math.min(MOST_FOR_SERVER, Math.floor(each / 5));
  return { each, server, lock: each - server };
}

/** Bound of waits for locks where the stack sets none, in seconds: the longest that a deploy should hang. */
const DEFAULT_LOCK_WAIT = 240;

/** The bound of waits for locks: what the stack sets, or what fits. */
export function lockWaitOf(shares: WaitShares, set: number | undefined): number {
  return set ?? Math.min(DEFAULT_LOCK_WAIT, shares.lock);
}
