import type { BundleProblem } from "./bundle-error.ts";
import type { FolderFile } from "./file-names.ts";
import { versionNumber } from "./version.ts";

const ROLLBACK = /^\d+_rollback(?:_|$)/;

/**
 * Reads `0013_rollback.sql` and `0045_rollback_x.sql` that lie beside a migration of their number as its
 * way down, as in `rollback/`. With a number of its own such a file is a migration: its name may only say
 * what it does.
 */
export function withRollbacksBeside(files: readonly FolderFile[]): readonly FolderFile[] {
  const numbers = new Set(
    files.flatMap((file) =>
      (file.kind === "sql" || file.kind === "code") && !ROLLBACK.test(file.name)
        ? [versionNumber(file.name)]
        : [],
    ),
  );
  return files.map((file): FolderFile => {
    if (file.kind !== "sql" || file.contract || !ROLLBACK.test(file.name)) return file;
    if (!numbers.has(versionNumber(file.name))) return file;
    return { kind: "down", file: file.file, name: file.name, anyName: true };
  });
}

/** One that states its order among migrations was meant as one: as a way down it would never run. */
export function orderedRollbacks(
  downs: readonly { readonly file: string; readonly anyName: boolean }[],
  texts: ReadonlyMap<string, string>,
): readonly BundleProblem[] {
  return downs.flatMap(({ file, anyName }) => {
    if (!anyName || !/^--[ \t]*tidegate[ \t]*:[ \t]*after\b/im.test(texts.get(file) ?? "")) {
      return [];
    }
    const message =
      'its name says that it is the way down of the migration with its number, and "tidegate:after" that it is a migration. Rename it, or delete the line';
    return [{ file, message }];
  });
}
