import { join } from "node:path";
import { BundleError, inOrder, type BundleProblem } from "./bundle-error.ts";
import { MANIFEST_FILE, nothingHere, type FolderListing } from "./list-folder.ts";
import { type Manifest, ManifestError, type ManifestMigration, parseManifest } from "./manifest.ts";
import { readKnown, readText, sha256, SourceTextError } from "./source-text.ts";
import type { BundledDown, BundledMigration, MigrationBundle } from "./types.ts";

/**
 * Reads a folder that `toDeliveredFiles` made. Every file is compared with the manifest first: one that
 * was changed on its way would run as if it had been reviewed.
 *
 * @throws BundleError
 */
export function readDeliveredFolder(dir: string, listing: FolderListing): MigrationBundle {
  const manifest = readManifest(dir);
  const texts = readTexts(dir, listing, manifest);
  return bundleOf(manifest, () => texts);
}

/**
 * The same with the files left unread until the first text is asked for; all are compared then, and that
 * throws what {@link readDeliveredFolder} would. A run with nothing pending, which is most of them, needs
 * none of them.
 *
 * @throws BundleError of the manifest.
 */
export function openDeliveredFolder(dir: string, listing: FolderListing): MigrationBundle {
  const manifest = readManifest(dir);
  let texts: ReadonlyMap<string, string> | undefined;
  return bundleOf(manifest, () => (texts ??= readTexts(dir, listing, manifest)));
}

function bundleOf(manifest: Manifest, texts: () => ReadonlyMap<string, string>): MigrationBundle {
  const text = (file: string): string => texts().get(file) ?? "";
  const migrations = manifest.migrations.map(({ delivered, down, ...rest }): BundledMigration => ({
    ...rest,
    get up() {
      return text(delivered);
    },
    down: down && wayDown(down, text),
  }));
  return { format: 1, migrations };
}

function wayDown(
  { delivered, ...rest }: NonNullable<ManifestMigration["down"]>,
  text: (file: string) => string,
): BundledDown {
  return {
    ...rest,
    get text() {
      return text(delivered);
    },
  };
}

/** Every text, by file; throws where one is not what was delivered. */
function readTexts(
  dir: string,
  listing: FolderListing,
  manifest: Manifest,
): ReadonlyMap<string, string> {
  const { texts, problems } = readFiles(dir, manifest);
  for (const file of [...listing.files, ...listing.folders]) {
    if (file === MANIFEST_FILE || Object.hasOwn(manifest.files, file)) continue;
    const message = `it is not in ${MANIFEST_FILE}. Put new migrations into the folder that this one was made of, and deliver it again`;
    problems.push({ file, message });
  }
  const named = manifest.migrations.flatMap(({ delivered, down }) =>
    down === null ? [delivered] : [delivered, down.delivered],
  );
  for (const file of named) {
    if (Object.hasOwn(manifest.files, file)) continue;
    const message = `it needs ${file}, which it does not list under files. Deliver the folder again`;
    problems.push({ file: MANIFEST_FILE, message });
  }
  if (problems.length > 0) throw new BundleError(dir, inOrder(problems));
  return texts;
}

function readManifest(dir: string): Manifest {
  try {
    const manifest = parseManifest(readText(join(dir, MANIFEST_FILE)));
    if (manifest.migrations.length === 0) throw nothingHere(dir);
    return manifest;
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
    // Not join, which costs more than to read the file: these names have no folder in them.
    const path = `${dir}/${file}`;
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
