import { BundleError } from "../bundle/bundle-error.ts";
import { bundleFolder } from "../bundle/bundle-folder.ts";
import type { MigrationBundle } from "../bundle/types.ts";
import { MigratorError } from "../core/migrator-error.ts";

/**
 * The migrations of a folder, or a bundle as it is.
 *
 * @throws MigratorError of kind `usage` that lists every mistake of the folder with file and line.
 */
export async function loadMigrations(source: string | MigrationBundle): Promise<MigrationBundle> {
  if (typeof source !== "string") return source;
  try {
    return await bundleFolder(source);
  } catch (error) {
    if (!(error instanceof BundleError)) throw error;
    throw new MigratorError("usage", error.message, {}, { cause: error });
  }
}
