import { type Dirent, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { BundleError } from "./bundle-error.ts";
import { ALLOWED_FILES } from "./file-names.ts";

/** What lies in a folder: paths relative to it, with `/`, in the order of their code units. */
export interface FolderListing {
  /** The files of the folder itself and of `rollback/`. */
  readonly files: readonly string[];
  /** Other folders in it, not opened. */
  readonly folders: readonly string[];
}

/** Manifest of a delivered folder. */
export const MANIFEST_FILE = "manifest.json";

const ROLLBACK = "rollback";

/**
 * Lists a folder of migrations. A folder that is missing or holds nothing is an error: "nothing to do"
 * is how a slip in a path goes unnoticed until the service fails.
 *
 * @throws BundleError
 */
export function listFolder(dir: string): FolderListing {
  const entries = readFolder(dir);
  const files: string[] = [];
  const folders: string[] = [];
  for (const { name, isFolder } of entries) {
    if (!isFolder) files.push(name);
    else if (name !== ROLLBACK) folders.push(name);
    else {
      for (const inner of readFolder(join(dir, ROLLBACK))) {
        (inner.isFolder ? folders : files).push(`${ROLLBACK}/${inner.name}`);
      }
    }
  }
  return { files: files.toSorted(), folders: folders.toSorted() };
}

/** The error for a folder without a migration. */
export function nothingHere(dir: string): BundleError {
  const message = `it holds no migration. Put one there, such as 001_create_users.sql, or name another folder. ${ALLOWED_FILES}`;
  return new BundleError(dir, [{ file: dir, message }]);
}

/** At once and not by promises, which take ten times as long for files as small and as many as these. */
function readFolder(dir: string): { name: string; isFolder: boolean }[] {
  try {
    return readdirSync(dir, { withFileTypes: true })
      .filter(({ name }) => !name.startsWith("."))
      .map((entry) => ({ name: entry.name, isFolder: leadsToFolder(dir, entry) }));
  } catch (cause) {
    throw new BundleError(dir, [{ file: dir, message: whyNot(dir, cause) }], { cause });
  }
}

/** The files and folders of a mounted ConfigMap are symbolic links into `..data`. */
function leadsToFolder(dir: string, entry: Dirent): boolean {
  return entry.isFile() ? false : statSync(join(dir, entry.name)).isDirectory();
}

function whyNot(dir: string, cause: unknown): string {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  const place = `(${resolve(dir)})`;
  if (code === "ENOENT") {
    const path = cause instanceof Error && "path" in cause ? String(cause.path) : dir;
    return path === dir
      ? `there is no such folder ${place}. Name the folder that holds the migrations`
      : `${path} is a link to nothing. Delete it, or put back what it points to`;
  }
  if (code === "ENOTDIR")
    return `this is no folder ${place}. Name the folder that the file lies in`;
  return `it cannot be read: ${cause instanceof Error ? cause.message : String(cause)}. Give the user who runs this read access to it`;
}
