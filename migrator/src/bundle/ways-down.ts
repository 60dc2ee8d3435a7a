import type { BundleProblem } from "./bundle-error.ts";
import { groupByNumber, versionNumber } from "./version.ts";

interface Pairs {
  /** File of the migration → file of its way down. */
  readonly downs: ReadonlyMap<string, string>;
  readonly problems: readonly BundleProblem[];
}

/**
 * Gives every SQL way down to its migration: by name, or by number where it is called
 * `rollback/NNN_rollback`. One that belongs to no migration is a mistake, as nobody would miss it
 * before the day it is needed.
 */
export function pairDowns(
  migrations: readonly { readonly file: string; readonly name: string }[],
  downs: readonly { readonly file: string; readonly name: string; readonly anyName: boolean }[],
): Pairs {
  const byName = new Map(migrations.map((migration) => [migration.name, migration]));
  const byNumber = groupByNumber(migrations);
  const pairs = new Map<string, string>();
  const problems: BundleProblem[] = [];
  for (const { file, name, anyName } of downs) {
    const [sameNumber, another] = byNumber.get(versionNumber(name)) ?? [];
    const migration = byName.get(name) ?? (anyName ? sameNumber : undefined);
    if (anyName && !byName.has(name) && sameNumber !== undefined && another !== undefined) {
      const message = `it is a way down, and ${sameNumber.file} and ${another.file} have its number. Name it after its migration`;
      problems.push({ file, message });
      continue;
    }
    if (migration === undefined) {
      const near = sameNumber === undefined ? "" : ` (${sameNumber.file} has its number)`;
      const message = `it is a way down, and there is no migration ${name} here${near}. Name it after its migration, or delete it`;
      problems.push({ file, message });
      continue;
    }
    const other = pairs.get(migration.file);
    if (other === undefined) pairs.set(migration.file, file);
    else {
      const message = `${other} is a way down of ${migration.file} too. Delete one of them`;
      problems.push({ file, message });
    }
  }
  return { downs: pairs, problems };
}
