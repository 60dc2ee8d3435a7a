import { join } from "node:path";
import { BundleError, inOrder, type BundleProblem } from "./bundle-error.ts";
import { MANIFEST_FILE, nothingHere, type FolderListing } from "./list-folder.ts";
import { ManifestError, parseManifest, type Manifest } from "./manifest.ts";
import { readKnown, readText, sha256, SourceTextError } from "./source-text.ts";
import type { BundledMigration, MigrationBundle } from "./types.ts";

/**
 * Reads a folder that `toDeliveredFiles` made. Every file is compared with the manifest first: one that
 * was changed on its way would run as if it had been reviewed.
 *
 * @throws BundleError
 */
export function readDeliveredFolder(dir: string, listing: FolderListing): MigrationBundle {
  const manifest = readManifest(dir);
  if (manifest.migrations.length === 0) throw nothingHere(dir);
  const { texts, problems } = readFiles(dir, manifest);
  for (const file of [...listing.files, ...listing.folders]) {
    if (file === MANIFEST_FILE || Object.hasOwn(manifest.files, file)) continue;
    const message = `it is not in ${MANIFEST_FILE}. Put new migrations into the folder that this one was made of, and deliver it again`;
    problems.push({ file, message });
  }
  const text = (file: string): string => {
    const found = texts.get(file);
    if (found === undefined && !Object.hasOwn(manifest.files, file)) {
      const message = `it needs ${file}, which it does not list under files. Deliver the folder again`;
      problems.push({ file: MANIFEST_FILE, message });
    }
    return found ?? "";
  };
  const migrations = manifest.migrations.map(({ delivered, down, ...rest }): BundledMigration => {
    if (down === null) return { ...rest, up: text(delivered), down };
    const { delivered: downDelivered, ...downRest } = down;
    return { ...rest, up: text(delivered), down: { ...downRest, text: text(downDelivered) } };
  });
  if (problems.length > 0) throw new BundleError(dir, inOrder(problems));
  return { format: 1, migrations };
}

function readManifest(dir: string): Manifest {
  try {
    return parseManifest(readText(join(dir, MANIFEST_FILE)));
  } catch (cause) {
    if (!(cause instanceof ManifestError || cause instanceof SourceTextError)) throw cause;
    throw new BundleError(dir, [{ file: MANIFEST_FILE, message: cause.message }], { cause });
  }
}

function readFiles(
  dir: string,
  manifest: Manifest,
): { texts: Map<string, string>; problems: BundleProblem[] } {
  const texts = new Map<string, string>();
  const problems: BundleProblem[] = [];
  for (const [file, expected] of Object.entries(manifest.files)) {
    const path = join(dir, file);
    const known = readKnown(path, expected);
    if (known !== null) {
      texts.set(file, known);
      continue;
    }
    try {
      const text = readText(path);
      texts.set(file, text);
      const found = sha256(text);
      const message = `it is not what was delivered (SHA-256 ${found}, ${MANIFEST_FILE} says ${expected}). Change migrations in the folder that this one was made of, and deliver it again`;
      problems.push({ file, message });
    } catch (error) {
      if (!(error instanceof SourceTextError)) throw error;
      problems.push({ file, message: error.message });
    }
  }
  return { texts, problems };
}
