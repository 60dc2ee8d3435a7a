import type { BundledMigration, MigrationBundle } from "../bundle/types.ts";
import { compareVersions, versionNumber } from "../bundle/version.ts";
import { MigratorError } from "../core/migrator-error.ts";

/**
 * The migration of a folder that a user named, by its whole name or by its number.
 *
 * @throws MigratorError of kind `usage` where there is none; it names the nearest ones.
 */
export function namedMigration(bundle: MigrationBundle, name: string): BundledMigration {
  const byNumber = /^\d+$/.test(name) ? versionNumber(name) : null;
  const found = bundle.migrations.find(
    (migration) =>
      migration.name === name || (byNumber !== null && versionNumber(migration.name) === byNumber),
  );
  if (found !== undefined) return found;
  const near = nearestVersions(
    name,
    bundle.migrations.map((migration) => migration.name),
  );
  throw new MigratorError("usage", `the folder holds no migration ${name}`, {
    next: `give the name of its file without the suffix, or its number${near.length === 0 ? "" : `; nearest: ${near.join(", ")}`}`,
  });
}

/** What was probably meant: the versions with the same words, and those before and behind its number. */
function nearestVersions(name: string, versions: readonly string[]): readonly string[] {
  const words = name.replace(/^\d+_?/, "").replace(/\.[a-z]+$/, "");
  const alike = words === "" ? undefined : versions.findLast((each) => each.includes(words));
  const before = versions.findLast((each) => compareVersions(each, name) < 0);
  const behind = versions.find((each) => compareVersions(each, name) > 0);
  return [...new Set([alike, before, behind])].filter((each) => each !== undefined);
}
