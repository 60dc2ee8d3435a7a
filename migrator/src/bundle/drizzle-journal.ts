import { join } from "node:path";
import type { BundleProblem } from "./bundle-error.ts";
import { readSource, SourceTextError } from "./source-text.ts";
import type { SplitSql } from "./sql-statements.ts";
import { compareVersions, versionNumber } from "./version.ts";

/** Where Drizzle keeps the order of its migrations. */
export const JOURNAL = "meta/_journal.json";

/** Files that `drizzle-kit pull` leaves beside its migrations. */
export const DRIZZLE_SOURCES = ["schema.ts", "relations.ts"];

/** One migration in the journal. */
export interface JournalEntry {
  /** Name of its file without `.sql`. */
  readonly tag: string;
  /** When it was generated, in milliseconds since 1970; Drizzle's history knows it by that. */
  readonly when: number;
}

/**
 * Reads the journal of a Drizzle folder.
 *
 * @returns `null` where the folder has none
 * @throws SourceTextError where it has one that cannot be read
 */
export async function readJournal(dir: string): Promise<readonly JournalEntry[] | null> {
  let text: string;
  try {
    text = readSource(join(dir, JOURNAL));
  } catch (error) {
    const code = error instanceof SourceTextError ? codeOf(error.cause) : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw error;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SourceTextError("it is not JSON. Restore it as drizzle-kit wrote it", { cause });
  }
  const entries: unknown = field(value, "entries");
  if (!Array.isArray(entries)) {
    throw new SourceTextError("it has no list of entries. Restore it as drizzle-kit wrote it");
  }
  return entries.map((entry: unknown, index): JournalEntry => {
    const tag = field(entry, "tag");
    const when = field(entry, "when");
    if (typeof tag === "string" && typeof when === "number") return { tag, when };
    throw new SourceTextError(
      `entries[${index}] has no tag or no when. Restore it as drizzle-kit wrote it`,
    );
  });
}

/**
 * Compares the journal with the files. Drizzle runs what the journal lists and nothing else, without a
 * word about the rest.
 */
export function journalProblems(
  entries: readonly JournalEntry[],
  migrations: readonly { readonly file: string; readonly name: string }[],
): BundleProblem[] {
  const problems: BundleProblem[] = [];
  for (const { file, name } of migrations) {
    if (entries.some(({ tag }) => tag === name)) continue;
    const message = `${JOURNAL} does not list it, so that Drizzle would never run it. Make it with drizzle-kit generate --custom, or delete it`;
    problems.push({ file, message });
  }
  for (const [index, { tag }] of entries.entries()) {
    const before = entries[index - 1];
    if (!migrations.some(({ name }) => name === tag)) {
      const message =
        versionNumber(tag) === null
          ? `it lists ${tag}, whose name begins with no number. Set migrations.prefix of drizzle-kit to index or timestamp, and rename the file and its tag`
          : `it lists ${tag}, and there is no ${tag}.sql here. Put the file back`;
      problems.push({ file: JOURNAL, message });
    } else if (
      before !== undefined &&
      versionNumber(before.tag) !== versionNumber(tag) &&
      compareVersions(before.tag, tag) > 0
    ) {
      const message = `it lists ${before.tag} before ${tag}, against their numbers. Give the one that is applied nowhere yet a higher number`;
      problems.push({ file: JOURNAL, message });
    }
  }
  return problems;
}

/**
 * Ends a statement at every `--> statement-breakpoint`, as Drizzle does: a file may leave out the
 * semicolon before it. No character moves, so that places in messages stay right.
 */
export function endAtBreakpoints(text: string, { comments }: SplitSql): string {
  let result = text;
  for (const { text: comment, start } of comments) {
    if (!comment.startsWith(BREAKPOINT)) continue;
    result = result.slice(0, start) + ENDED + result.slice(start + BREAKPOINT.length);
  }
  return result;
}

const BREAKPOINT = "--> statement-breakpoint";
const ENDED = ";--statement-breakpoint ";

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function codeOf(error: unknown): unknown {
  return field(error, "code");
}
