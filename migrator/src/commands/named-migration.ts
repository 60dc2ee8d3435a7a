import type { BundledMigration, MigrationBundle } from "../bundle/types.ts";
import { versionNumber } from "../bundle/version.ts";
import { MigratorError } from "../core/migrator-error.ts";

/**
 * The migration of a folder that a user named, by its whole name or by its number.
 *
 * @throws MigratorError of kind `usage` where there is none.
 */
export function namedMigration(bundle: MigrationBundle, name: string): BundledMigration {
  const byNumber = /^\d+$/.test(name) ? versionNumber(name) : null;
  const found = bundle.migrations.find(
    (migration) =>
      migration.name === name || (byNumber !== null && versionNumber(migration.name) === byNumber),
  );
  if (found !== undefined) return found;
  const last = bundle.migrations.at(-1)?.name;
  throw new MigratorError("usage", `the folder holds no migration ${name}`, {
    next: `give the name of its file without the suffix${last === undefined ? "" : `, for example ${last}`}`,
  });
}
