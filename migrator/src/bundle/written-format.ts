import { inOrder, type BundleProblem } from "./bundle-error.ts";
import { readJournal } from "./drizzle-journal.ts";
import { classify, type FolderFile } from "./file-names.ts";
import { formatOf, type FolderFormat } from "./folder-format.ts";
import { withoutForeignMarks } from "./foreign-marks.ts";
import { listFolder } from "./list-folder.ts";
import { withRollbacksBeside } from "./rollback-beside.ts";
import { SourceTextError } from "./source-text.ts";
import { clueOf, readSqlFiles } from "./sql-files.ts";
import { compareVersions } from "./version.ts";

type MigrationFile = Extract<FolderFile, { kind: "sql" | "code" | "down" }>;

/**
 * The format that a folder is written in, of whose files only the marks are looked at: one that holds a
 * mistake still has one.
 *
 * @returns with why it has none: two formats in one folder, or a tool's that is not read here
 * @throws BundleError where there is no such folder
 */
export async function writtenFormat(dir: string): Promise<{
  readonly format: FolderFormat;
  readonly problems: readonly BundleProblem[];
}> {
  const { files, folders } = listFolder(dir);
  const journal = folders.includes("meta") && (await hasJournal(dir));
  const named = files.map(classify);
  const migrations = (journal ? named : withRollbacksBeside(named))
    .filter((file): file is MigrationFile => file.kind !== "ignored" && file.kind !== "unknown")
    .toSorted((a, b) => compareVersions(a.name, b.name));
  const problems: BundleProblem[] = [];
  // What cannot be read is not a matter of the format.
  const found = readSqlFiles(dir, migrations, []);
  const texts = journal ? found : withoutForeignMarks(migrations, found, problems);
  const clues = migrations
    .filter(({ kind, file }) => kind === "code" || texts.has(file))
    .map((file) => clueOf(file, texts.get(file.file), journal));
  const { format, problems: mixed } = formatOf(clues);
  return {
    format: journal && clues.length === 0 ? "drizzle" : format,
    problems: inOrder([...problems, ...mixed]),
  };
}

/** One that is broken is one too. */
async function hasJournal(dir: string): Promise<boolean> {
  try {
    return (await readJournal(dir)) !== null;
  } catch (error) {
    if (error instanceof SourceTextError) return true;
    throw error;
  }
}
