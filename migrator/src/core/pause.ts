// Through node:timers, which loads its promises when they are first used: a start does without.
import { promises as timers } from "node:timers";

/** Growing pauses between tries. */
export interface Backoff {
  /** Pause before the second try, in milliseconds. */
  readonly first: number;
  /** Each pause is this many times the one before. */
  readonly factor: number;
  /** No pause is longer, in milliseconds. */
  readonly most: number;
}

/**
 * The pause after the given try (from 0), in milliseconds: between half and all of the exponential
 * value, so that pods that failed together do not come back together.
 */
export function pauseAfter(backoff: Backoff, attempt: number): number {
  const full = Math.min(backoff.first * backoff.factor ** attempt, backoff.most);
  return Math.round(full * (0.5 + Math.random() / 2));
}

/** Sleeps, and throws the signal's reason as soon as it is aborted. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  try {
    await timers.setTimeout(milliseconds, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
