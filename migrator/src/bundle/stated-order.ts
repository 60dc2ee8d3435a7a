import type { BundleProblem } from "./bundle-error.ts";
import { compareVersions, groupByNumber } from "./version.ts";

/** What the order of a folder depends on. */
export interface Orderable {
  readonly file: string;
  readonly name: string;
  /** The version of the same number that runs right before this one; `null`: the file does not say. */
  readonly after: string | null;
}

/**
 * Orders migrations by their numbers. The same number twice mostly comes from two merged branches and
 * leaves the order to chance, so it is a mistake unless `tidegate:after` puts the files into one row.
 */
export function inStatedOrder<T extends Orderable>(
  migrations: readonly T[],
): { ordered: readonly T[]; problems: readonly BundleProblem[] } {
  const problems: BundleProblem[] = [];
  const sorted = migrations.toSorted((a, b) => compareVersions(a.name, b.name));
  const ordered: T[] = [];
  for (const [number, group] of groupByNumber(sorted)) {
    const row = rowOf(group);
    ordered.push(...(row ?? group));
    problems.push(...(row === null ? openOrder(group, number) : []), ...outside(group));
  }
  return { ordered, problems };
}

/** The files one behind the other as they say; `null`: they do not say it, or not of all. */
function rowOf<T extends Orderable>(group: readonly T[]): readonly T[] | null {
  const heads = group.filter(
    ({ after }) => after === null || !group.some((each) => each.name === after),
  );
  const [head] = heads;
  if (head === undefined || heads.length > 1) return null;
  const row: T[] = [head];
  for (;;) {
    const last = row.at(-1)?.name;
    const next = group.filter(({ name, after }) => after === last && name !== last);
    const [only] = next;
    if (only === undefined || next.length > 1 || row.includes(only)) break;
    row.push(only);
  }
  const names = new Set(group.map(({ name }) => name));
  return row.length === group.length && names.size === group.length ? row : null;
}

function openOrder(group: readonly Orderable[], number: string | null): BundleProblem[] {
  const circle = circleIn(group);
  const [first] = circle;
  if (first !== undefined) {
    const way = [...circle, first].map(({ name }) => name).join(" after ");
    const message = `their order goes in a circle: ${way}. Delete the "tidegate:after" of the one that is to run first`;
    return [{ file: first.file, message }];
  }
  return group.slice(1).map(({ file, name }, index) => {
    const before = group[index];
    if (before?.name === name) {
      const message = `${before.file} is of the same name, by which the history tells migrations apart. Rename the one that is applied nowhere yet`;
      return { file, message };
    }
    const message = `${before?.file} has the number ${number} too, so that their order is open. Give the one that is applied nowhere yet a higher number, or state the order: "tidegate:after ${before?.name}" on top of this file`;
    return { file, message };
  });
}

/** Files each of which is to run after the next one, and the last after the first; empty: there are none. */
function circleIn(group: readonly Orderable[]): readonly Orderable[] {
  for (const start of group) {
    const way: Orderable[] = [];
    let at: Orderable | undefined = start;
    while (at !== undefined && !way.includes(at)) {
      way.push(at);
      const { after }: Orderable = at;
      at = group.find(({ name }) => name === after);
    }
    if (at === start && way.length > 1) return way;
  }
  return [];
}

/** `after` orders files of one number; anything else it says would not be so. */
function outside(group: readonly Orderable[]): BundleProblem[] {
  return group.flatMap(({ file, name, after }) => {
    if (after === null) return [];
    if (after !== name && group.some((each) => each.name === after)) return [];
    const message = `tidegate:after ${after} names no other migration of its number. Numbers order all else; delete the line`;
    return [{ file, message }];
  });
}
