import type { MigrationBundle } from "../../bundle/types.ts";
import { compareVersions } from "../../bundle/version.ts";
import { type HistoryRow, namesOf } from "./history-row.ts";

/**
 * The order in which a folder's migrations run. It is the folder's own, as files of one number may state
 * theirs: by their names `0013_a` would be older than `0013_b` also where it says that it runs after it.
 * What the folder does not hold is ordered by version.
 */
export interface BundleOrder {
  /** Negative: `a` runs before `b`. */
  readonly compare: (a: string, b: string) => number;
  /** The name by which the folder knows what a row records; the row's own where it does not. */
  readonly nameOf: (row: HistoryRow) => string;
  /** The one that runs last; `null`: none was given. */
  readonly newest: (names: readonly string[]) => string | null;
}

/** The order of a folder; of an empty one all is ordered by version. */
export function orderOf(bundle: MigrationBundle): BundleOrder {
  const positions = new Map(bundle.migrations.map(({ name }, position) => [name, position]));
  const compare = (a: string, b: string): number => {
    const left = positions.get(a);
    const right = positions.get(b);
    return left === undefined || right === undefined ? compareVersions(a, b) : left - right;
  };
  return {
    compare,
    nameOf: (row) => namesOf(row).find((name) => positions.has(name)) ?? row.name,
    newest: (names) =>
      names.reduce<string | null>(
        (last, name) => (last === null || compare(name, last) > 0 ? name : last),
        null,
      ),
  };
}
