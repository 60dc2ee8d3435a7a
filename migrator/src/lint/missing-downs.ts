import type { BundledMigration } from "../bundle/types.ts";

/**
 * Why a migration without a way down is a finding, by name. A folder in which none has one is found
 * once: its tool may know none (Drizzle), and a hundred equal findings would hide all others.
 */
export function missingDowns(
  all: readonly BundledMigration[],
  judged: readonly BundledMigration[],
): ReadonlyMap<string, string> {
  const without = judged.filter(({ down }) => down === null);
  const [first] = without;
  if (first !== undefined && without.length > 1 && all.every(({ down }) => down === null)) {
    return new Map([[first.name, `no migration of this folder has a way down (${all.length})`]]);
  }
  return new Map(without.map(({ name }) => [name, "it has no way down"]));
}
