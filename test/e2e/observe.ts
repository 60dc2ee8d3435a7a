import { setTimeout as pause } from "node:timers/promises";
import type { Outcome } from "./outcome.ts";

/** How often a condition is looked at, in milliseconds: often enough to see a state that lasts 1 s. */
const INTERVAL = 150;

/**
 * Looks again and again until `look` returns something, and returns that.
 *
 * @param what named in the error, as in `timed out: the migration's statement in pg_stat_activity`.
 * @param look `undefined` or `false`: not yet. An error that it throws ends the wait only at the end of
 *   the time, as what is looked at (a server, a pod) may not be there yet.
 * @param seconds bound of the wait; default 120.
 */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  seconds = 120,
): Promise<T> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    let cause: unknown;
    try {
      const seen = await look();
      if (seen !== undefined && seen !== false) return seen;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > end) throw new Error(`after ${seconds} s not seen: ${what}`, { cause });
    await pause(INTERVAL);
  }
}

/**
 * What `look` sees while an operation of the engine runs.
 *
 * @throws Error with the operation's output when that ends first: it can then be seen no more.
 */
export async function during<T>(operation: Promise<Outcome>, look: Promise<T>): Promise<T> {
  const ended = operation.then(({ output }): never => {
    throw new Error(`the operation ended before it was seen:\n${output}`);
  });
  return await Promise.race([look, ended]);
}
