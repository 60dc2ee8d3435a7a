import { describeBlocker } from "../events.ts";
import { MigratorError } from "../migrator-error.ts";
import { type Backoff, pause, pauseAfter } from "../pause.ts";
import { driverError, isConflict, SQLSTATE } from "../sqlstate.ts";
import type { ApplyContext } from "./apply-context.ts";
import { watchBlockers } from "./blocker-watch.ts";

/** Pauses between tries, in which the traffic that queued behind our lock request drains. */
const BETWEEN: Backoff = { first: 200, factor: 2, most: 10_000 };

/** Tries after a deadlock or a serialization failure: one that comes back this often is no accident. */
const MOST_CONFLICTS = 8;

/**
 * How long a try waits for a lock, in milliseconds. Everything that comes after a waiting ALTER TABLE
 * waits behind it, so this bounds how long a service stands still: 100 ms at first, never over 1 s.
 */
export function lockTimeout(attempt: number): number {
  return Math.min(100 * 2 ** attempt, 1000);
}

/**
 * Tries again while somebody else's transaction is in the way: lock not available, deadlock,
 * serialization failure, tuple concurrently updated. `attempt` must leave nothing behind when it fails,
 * and throw a MigratorError whose cause is the driver's error.
 */
export async function retryConflicts<T>(
  context: ApplyContext,
  migration: string,
  attempt: (number: number) => Promise<T>,
): Promise<T> {
  const { waits } = context;
  const started = performance.now();
  const deadline = started + waits.left;
  for (let number = 0; ; number += 1) {
    // The first tries are short: who is in the way matters once they failed.
    const watch = number < 2 ? null : watchBlockers(context, migration);
    const tried = performance.now();
    try {
      const result = await attempt(number);
      waits.spend(tried - started);
      return result;
    } catch (error) {
      if (!(error instanceof MigratorError) || !isConflict(error.cause)) throw error;
      const noLock = driverError(error.cause).code === SQLSTATE.lockNotAvailable;
      const wait = pauseAfter(BETWEEN, number);
      const over = performance.now() + wait > deadline;
      if (noLock ? over : over || number >= MOST_CONFLICTS) {
        throw noLock ? lockedOut(context, error, watch?.last() ?? null) : error;
      }
      context.onEvent({ event: "retry", reason: error.message, milliseconds: wait });
      await pause(wait, context.signal);
    } finally {
      await watch?.stop();
    }
  }
}

function lockedOut(
  context: ApplyContext,
  error: MigratorError,
  blocker: Parameters<typeof describeBlocker>[0] | null,
): MigratorError {
  return new MigratorError(
    "locked",
    `no lock within ${context.waits.seconds} s: ${error.message}`,
    {
      ...error.details,
      ...(blocker === null ? {} : { blocker: describeBlocker(blocker) }),
      next: `${context.advice.again} when that transaction is over, or give it more time with ${context.advice.lockWait}`,
    },
    { cause: error.cause },
  );
}
