import { BundleError } from "../bundle/bundle-error.ts";
import { bundleFolder, openFolder } from "../bundle/bundle-folder.ts";
import type { MigrationBundle } from "../bundle/types.ts";
import { MigratorError } from "../core/migrator-error.ts";

/**
 * The migrations of a folder, or a bundle as it is.
 *
 * @throws MigratorError of kind `usage` that lists every mistake of the folder with file and line.
 */
export function loadMigrations(source: string | MigrationBundle): Promise<MigrationBundle> {
  return explained(async () => (typeof source === "string" ? await bundleFolder(source) : source));
}

/** The same with texts that {@link readTexts} reads: a run that has nothing to do needs none. */
export function openMigrations(source: string | MigrationBundle): Promise<MigrationBundle> {
  return explained(async () => (typeof source === "string" ? await openFolder(source) : source));
}

/**
 * Reads all texts of what {@link openMigrations} opened, before the first one is run.
 *
 * @throws MigratorError as {@link loadMigrations} does.
 */
export function readTexts({ migrations }: MigrationBundle): Promise<void> {
  // One is enough: all are compared with the manifest when the first is asked for.
  return explained(async () => void migrations.at(0)?.up);
}

async function explained<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof BundleError)) throw error;
    throw new MigratorError("usage", error.message, {}, { cause: error });
  }
}
