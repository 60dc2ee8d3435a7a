import { join } from "node:path";
import { BundleError, inOrder, type BundleProblem } from "./bundle-error.ts";
import { compileAll } from "./compile-all.ts";
import { ALLOWED_FILES, classify, type FolderFile } from "./file-names.ts";
import { nothingHere, type FolderListing } from "./list-folder.ts";
import { readSource, SourceTextError } from "./source-text.ts";
import { readSql } from "./sql-migration.ts";
import type { BundledDown, BundledMigration, MigrationBundle } from "./types.ts";
import { compareVersions, versionNumber } from "./version.ts";
import { pairDowns } from "./ways-down.ts";

type MigrationFile = Extract<FolderFile, { kind: "sql" | "code" }>;
type DownFile = Extract<FolderFile, { kind: "down" }>;

/**
 * Reads a folder as people write it: SQL, TypeScript and JavaScript side by side.
 *
 * @throws BundleError with every mistake of every file
 */
export async function readRawFolder(dir: string, listing: FolderListing): Promise<MigrationBundle> {
  const files = listing.files.map(classify);
  const migrations = files
    .filter((file): file is MigrationFile => file.kind === "sql" || file.kind === "code")
    .toSorted((a, b) => compareVersions(a.name, b.name));
  const downs = files.filter((file): file is DownFile => file.kind === "down");
  const unknown = files.filter((file) => file.kind === "unknown").map(({ file }) => file);
  if (migrations.length + downs.length + unknown.length + listing.folders.length === 0) {
    throw nothingHere(dir);
  }

  const pairs = pairDowns(migrations, downs);
  const problems = [...sameNumber(migrations), ...pairs.problems];
  const { compiled: code, imports } = await compileAll(
    dir,
    migrations.filter(({ kind }) => kind === "code").map(({ file }) => file),
    problems,
  );
  problems.push(...strangers(unknown, listing.folders, [...imports]));

  const read = await Promise.all(
    migrations.map(async ({ file, name, kind }): Promise<BundledMigration | null> => {
      const downFile = pairs.downs.get(file);
      const sqlDown = downFile === undefined ? null : await readDown(dir, downFile, problems);
      if (kind === "sql") {
        const up = await readText(dir, file, problems);
        if (up === null) return null;
        const { problems: found, ...sql } = readSql(file, up, "sql");
        problems.push(...found);
        return { name, kind, file, up, down: sqlDown, ...sql };
      }
      const compiled = code.get(file);
      if (compiled === undefined) return null;
      const { text, checksum, phase, hasDown } = compiled;
      if (hasDown && downFile !== undefined) problems.push(twoWaysDown(file, downFile));
      const down: BundledDown | null = hasDown
        ? { kind: "typescript", file, text, checksum }
        : sqlDown;
      const shared = { name, kind: "typescript", file, phase, checksum } as const;
      return { ...shared, transaction: true, up: text, statements: [], down };
    }),
  );
  if (problems.length > 0) throw new BundleError(dir, inOrder(problems));
  return { format: 1, migrations: read.filter((migration) => migration !== null) };
}

async function readText(
  dir: string,
  file: string,
  problems: BundleProblem[],
): Promise<string | null> {
  try {
    return await readSource(join(dir, file));
  } catch (error) {
    if (!(error instanceof SourceTextError)) throw error;
    problems.push({ file, message: error.message });
    return null;
  }
}

async function readDown(
  dir: string,
  file: string,
  problems: BundleProblem[],
): Promise<BundledDown | null> {
  const text = await readText(dir, file, problems);
  if (text === null) return null;
  const { checksum, problems: found } = readSql(file, text, "sql down");
  problems.push(...found);
  return { kind: "sql", file, text, checksum };
}

/** The same number twice leaves the order to chance, and mostly comes from two merged branches. */
function sameNumber(migrations: readonly MigrationFile[]): BundleProblem[] {
  return migrations.flatMap(({ file, name }, i) => {
    const before = migrations[i - 1];
    const number = versionNumber(name);
    if (before === undefined || versionNumber(before.name) !== number) return [];
    const message = `${before.file} has the number ${number} too, so that their order is open. Give the one that is applied nowhere yet a higher number`;
    return [{ file, message }];
  });
}

/** Unknown files and folders, but for those that a migration imports. */
function strangers(
  files: readonly string[],
  folders: readonly string[],
  imports: readonly string[],
): BundleProblem[] {
  const found = [
    ...files.filter((file) => !imports.includes(file)),
    ...folders.filter((folder) => !imports.some((path) => path.startsWith(`${folder}/`))),
  ];
  const message = "it is no migration. Delete it, or name it as one";
  // The list once: it is long, and forty strangers are mostly one wrong folder.
  return found.map((file, i) => ({
    file,
    message: i === 0 ? `${message}. ${ALLOWED_FILES}` : message,
  }));
}

function twoWaysDown(file: string, downFile: string): BundleProblem {
  const message = `${file} exports down, so that this migration has two ways down. Delete one of them`;
  return { file: downFile, message };
}
