import { join } from "node:path";
import { annotationOf, splitSections } from "./annotated-sql.ts";
import type { BundleProblem } from "./bundle-error.ts";
import { endAtBreakpoints } from "./drizzle-journal.ts";
import type { FolderFile } from "./file-names.ts";
import type { FolderFormat, FormatClue } from "./folder-format.ts";
import { phaseOf } from "./phase.ts";
import { readSource, sha256, SourceTextError } from "./source-text.ts";
import { readSql } from "./sql-migration.ts";
import { splitSql } from "./sql-statements.ts";
import type { BundledDown, BundledMigration } from "./types.ts";

type SqlFile = Extract<FolderFile, { kind: "sql" | "code" | "down" }>;

/** The texts of the SQL files among these, by file; what cannot be read is a problem and left out. */
export function readSqlFiles(
  dir: string,
  files: readonly SqlFile[],
  problems: BundleProblem[],
): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const { kind, file } of files) {
    if (kind === "code") continue;
    try {
      texts.set(file, readSource(join(dir, file)));
    } catch (error) {
      if (!(error instanceof SourceTextError)) throw error;
      problems.push({ file, message: error.message });
    }
  }
  return texts;
}

/**
 * What a file tells about the format of its folder.
 *
 * @param text of SQL; `undefined`: code, or it could not be read
 * @param journal whether Drizzle's journal lies in the folder
 */
export function clueOf(
  { kind, file }: SqlFile,
  text: string | undefined,
  journal: boolean,
): FormatClue {
  // A file without the letters of a mark needs no reading for one.
  const found =
    text === undefined || !/migrate:|\+goose/i.test(text)
      ? null
      : annotationOf(text, splitSql(text));
  if (found !== null) {
    const { format, mark, line } = found;
    return { file, format, called: `a file of ${format} ("${mark}" on line ${line})` };
  }
  if (kind === "code") return { file, format: "plain", called: "TypeScript or JavaScript" };
  if (journal) return { file, format: "drizzle", called: "a file of Drizzle (meta/_journal.json)" };
  return { file, format: "plain", called: "plain SQL" };
}

/** A SQL migration, with the version that it names as the one before it. */
export function sqlMigration(
  each: Extract<FolderFile, { kind: "sql" | "code" }>,
  text: string,
  format: FolderFormat,
  ownDown: BundledDown | null,
  problems: BundleProblem[],
): BundledMigration & { readonly after: string | null } {
  const { file, name } = each;
  const { up, down } = waysOf(file, text, format, problems);
  const { problems: found, phase, after, transaction, statements } = readSql(file, up, "sql");
  problems.push(...found);
  return {
    name,
    kind: "sql",
    file,
    up,
    down: down ?? ownDown,
    phase: phaseOf(each, phase, problems),
    transaction,
    checksum: checksumOf(text),
    statements,
    after,
  };
}

function waysOf(
  file: string,
  text: string,
  format: FolderFormat,
  problems: BundleProblem[],
): { up: string; down: BundledDown | null } {
  if (format === "plain") return { up: text, down: null };
  const split = splitSql(text);
  if (format === "drizzle") return { up: endAtBreakpoints(text, split), down: null };
  const { up, down, mistakes } = splitSections(text, split, format);
  problems.push(...mistakes.map((mistake) => ({ file, ...mistake })));
  if (down === null) return { up, down };
  problems.push(...readSql(file, down, "sql down").problems);
  return { up, down: { kind: "sql", file, text: down, checksum: checksumOf(text) } };
}

/** The way down that lies in a file of its own. */
export function sqlDown(
  file: string | undefined,
  texts: ReadonlyMap<string, string>,
  problems: BundleProblem[],
): BundledDown | null {
  const text = file === undefined ? undefined : texts.get(file);
  if (file === undefined || text === undefined) return null;
  const { checksum, problems: found } = readSql(file, text, "sql down");
  problems.push(...found);
  return { kind: "sql", file, text, checksum };
}

function checksumOf(text: string): string {
  return `sql1:${sha256(text)}`;
}
