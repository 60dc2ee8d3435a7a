import type { Problem } from "../problem.ts";
import { inWords } from "../schema/duration.ts";
import { LEAST_SHARE, waitShares } from "../wait-shares.ts";
import { type Checked, isBroken, problem } from "./rule.ts";

/**
 * What a Job waits for, in all its tries, takes at most half of its deadline: a Job that is cut off says
 * nothing, and nobody learns who held the lock.
 */
export function checkWaitBudgets(checked: Checked): readonly Problem[] {
  return Object.entries(checked.config.databases).flatMap(([name, database]) => {
    const path = ["databases", name];
    const { deadline, retries, lockWait } = database;
    if (["deadline", "retries", "lockWait"].some((key) => isBroken(checked, [...path, key]))) {
      return [];
    }
    const tries = retries + 1;
    const shares = waitShares(deadline, retries);
    if (shares.each < LEAST_SHARE) {
      return [
        problem(
          [...path, "retries"],
          `${tries} tries within the deadline of ${inWords(deadline)} leave each ${inWords(shares.each)} to wait for the server and for locks, and ${inWords(LEAST_SHARE)} are the least; lower it to ${Math.floor(deadline / 2 / LEAST_SHARE) - 1}, or raise deadline to ${inWords(tries * 2 * LEAST_SHARE)}`,
        ),
      ];
    }
    if (lockWait === undefined || lockWait <= shares.lock) return [];
    const needed = Math.ceil((lockWait + Math.min(60, Math.ceil(lockWait / 4))) * 2 * tries);
    return [
      problem(
        [...path, "lockWait"],
        `${inWords(lockWait)} is more than a deadline of ${inWords(deadline)} allows with ${tries === 1 ? "1 try" : `${tries} tries`}: waits take at most half of it, so that the Job can still say what it waited for; lower it to ${inWords(shares.lock)}, or raise deadline to ${inWords(needed)}`,
      ),
    ];
  });
}
