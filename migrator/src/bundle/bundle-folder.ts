import { openDeliveredFolder, readDeliveredFolder } from "./delivered-folder.ts";
import { listFolder, MANIFEST_FILE } from "./list-folder.ts";
import type { MigrationBundle } from "./types.ts";

/**
 * Reads a folder of migrations as plain data, without a database: a folder as people write it, or a
 * delivered one (with `manifest.json`).
 *
 * @throws BundleError with every mistake at once: of a folder that is missing or empty, too.
 */
export function bundleFolder(dir: string): Promise<MigrationBundle> {
  return read(dir, readDeliveredFolder);
}

/** The same, but that a delivered folder's texts are read and compared when the first one is asked for. */
export function openFolder(dir: string): Promise<MigrationBundle> {
  return read(dir, openDeliveredFolder);
}

async function read(dir: string, delivered: typeof readDeliveredFolder): Promise<MigrationBundle> {
  const listing = listFolder(dir);
  if (listing.files.includes(MANIFEST_FILE)) return delivered(dir, listing);
  // A Job gets delivered folders only, and what reads the others is most of this.
  const { readRawFolder } = await import("./raw-folder.ts");
  return await readRawFolder(dir, listing);
}
