import { BundleError, inOrder, type BundleProblem } from "./bundle-error.ts";
import { compileAll } from "./compile-all.ts";
import { DRIZZLE_SOURCES, JOURNAL, journalProblems, type JournalEntry } from "./drizzle-journal.ts";
import { readJournal } from "./drizzle-journal.ts";
import { ALLOWED_FILES, classify, type FolderFile } from "./file-names.ts";
import { formatOf } from "./folder-format.ts";
import { withoutForeignMarks } from "./foreign-marks.ts";
import { nothingHere, type FolderListing } from "./list-folder.ts";
import { phaseOf } from "./phase.ts";
import { orderedRollbacks, withRollbacksBeside } from "./rollback-beside.ts";
import { SourceTextError } from "./source-text.ts";
import { clueOf, readSqlFiles, sqlDown, sqlMigration } from "./sql-files.ts";
import { inStatedOrder, type Orderable } from "./stated-order.ts";
import type { BundledDown, BundledMigration, MigrationBundle } from "./types.ts";
import { compareVersions, versionNumber } from "./version.ts";
import { pairDowns } from "./ways-down.ts";

type MigrationFile = Extract<FolderFile, { kind: "sql" | "code" }>;
type DownFile = Extract<FolderFile, { kind: "down" }>;
type Read = Orderable & { readonly migration: BundledMigration };

/**
 * Reads a folder as people write it: plain SQL with TypeScript and JavaScript, or the files of dbmate,
 * goose or Drizzle.
 *
 * @throws BundleError with every mistake of every file
 */
export async function readRawFolder(dir: string, listing: FolderListing): Promise<MigrationBundle> {
  const problems: BundleProblem[] = [];
  const drizzle = listing.folders.includes("meta") ? await journalOf(dir, problems) : null;
  const journal = drizzle?.entries ?? null;
  const folders = listing.folders.filter((folder) => drizzle === null || folder !== "meta");
  const named = listing.files
    .filter((file) => drizzle === null || !DRIZZLE_SOURCES.includes(file))
    .map(classify);
  const files = drizzle === null ? withRollbacksBeside(named) : named;
  const migrations = files
    .filter((file): file is MigrationFile => file.kind === "sql" || file.kind === "code")
    .toSorted((a, b) => compareVersions(a.name, b.name));
  const downs = files.filter((file): file is DownFile => file.kind === "down");
  const unknown = files.filter((file) => file.kind === "unknown").map(({ file }) => file);
  if (migrations.length + downs.length + unknown.length + folders.length === 0) {
    throw nothingHere(dir);
  }

  const pairs = pairDowns(migrations, downs);
  problems.push(...pairs.problems);
  const { compiled: code, imports } = await compileAll(
    dir,
    migrations.filter(({ kind }) => kind === "code").map(({ file }) => file),
    problems,
  );
  problems.push(...strangers(unknown, folders, [...imports]));

  const found = readSqlFiles(dir, [...migrations, ...downs], problems);
  const texts =
    drizzle === null ? withoutForeignMarks([...migrations, ...downs], found, problems) : found;
  problems.push(...orderedRollbacks(downs, texts));
  const { format, problems: mixed } = formatOf(
    [...migrations, ...downs]
      // What could not be read says nothing of the folder's format.
      .filter(({ kind, file }) => kind === "code" || texts.has(file))
      .map((file) => clueOf(file, texts.get(file.file), drizzle !== null)),
  );
  problems.push(...mixed);
  if (journal !== null) problems.push(...journalProblems(journal, migrations));

  const read = migrations.map((each): Read | null => {
    const { file, name, kind } = each;
    const downFile = pairs.downs.get(file);
    const ownDown = sqlDown(downFile, texts, problems);
    if (kind === "sql") {
      const text = texts.get(file);
      if (text === undefined) return null;
      // In a mixed folder every file is still read as what it is, for its own mistakes.
      const own = mixed.length === 0 ? format : clueOf(each, text, drizzle !== null).format;
      const { after, ...migration } = sqlMigration(each, text, own, ownDown, problems);
      return { file, name, after, migration };
    }
    const compiled = code.get(file);
    if (compiled === undefined) return null;
    const { text, checksum, hasDown, after } = compiled;
    if (hasDown && downFile !== undefined) problems.push(twoWaysDown(file, downFile));
    const down: BundledDown | null = hasDown
      ? { kind: "typescript", file, text, checksum }
      : ownDown;
    const phase = phaseOf(each, compiled.phase, problems);
    const shared = { name, kind: "typescript", file, phase, checksum } as const;
    const migration = { ...shared, transaction: true, up: text, statements: [], down } as const;
    return { file, name, after, migration };
  });
  // What could not be read says nothing of its order; that two have one number is known anyway.
  const whole = migrations.map(
    ({ file, name }, index) => read[index] ?? { file, name, after: null, migration: null },
  );
  const { ordered, problems: open } = inStatedOrder(whole.map((each) => listed(each, journal)));
  problems.push(...open);
  if (problems.length > 0) throw new BundleError(dir, inOrder(problems));
  return {
    format: 1,
    migrations: ordered.flatMap(({ migration }) => (migration === null ? [] : [migration])),
  };
}

/**
 * What Drizzle's journal lists; without a list of entries where it is broken. The folder is Drizzle's then
 * too: advice to delete what lies there would make the loss complete.
 */
async function journalOf(
  dir: string,
  problems: BundleProblem[],
): Promise<{ readonly entries: readonly JournalEntry[] | null } | null> {
  try {
    const entries = await readJournal(dir);
    return entries === null ? null : { entries };
  } catch (error) {
    if (!(error instanceof SourceTextError)) throw error;
    problems.push({ file: JOURNAL, message: error.message });
    return { entries: null };
  }
}

/** In a Drizzle folder the journal states the order, of files with one number too. */
function listed<T extends Orderable>(each: T, journal: readonly JournalEntry[] | null): T {
  const before = journal?.[journal.findIndex(({ tag }) => tag === each.name) - 1];
  if (before === undefined || each.after !== null) return each;
  return { ...each, after: sameNumber(before.tag, each.name) ? before.tag : null };
}

function sameNumber(a: string, b: string): boolean {
  return versionNumber(a) === versionNumber(b);
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
