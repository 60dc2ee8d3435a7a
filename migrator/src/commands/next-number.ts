import { compareVersions } from "../bundle/version.ts";

/** A number this long or longer is a moment, not a place in a row: `20261121093000`. */
const TIMESTAMP_DIGITS = 12;

/** Digits of the first number of a row. */
const FIRST = "0001";

/**
 * The number of the next migration in the folder's own style: one more, as wide as the newest, or the
 * present moment (UTC) where the newest is one. Always newer than all that is there, whatever the clock.
 *
 * @param files names in the folder, of any kind
 */
export function nextNumber(files: readonly string[], now: Date): string {
  const newest = files
    .flatMap((file) => /^(\d+)_/.exec(file)?.[1] ?? [])
    .toSorted(compareVersions)
    .at(-1);
  if (newest === undefined) return FIRST;
  const following = (BigInt(newest) + 1n).toString().padStart(newest.length, "0");
  if (newest.length < TIMESTAMP_DIGITS) return following;
  const moment = now
    .toISOString()
    .replaceAll(/\D/g, "")
    .slice(0, newest.length)
    .padEnd(newest.length, "0");
  return compareVersions(moment, newest) > 0 ? moment : following;
}
