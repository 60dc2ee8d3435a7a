import { join } from "node:path";
import { readSource, SourceTextError } from "../bundle/source-text.ts";
import { splitSql } from "../bundle/sql-statements.ts";
import type { BundledMigration, MigrationBundle } from "../bundle/types.ts";
import { compareVersions } from "../bundle/version.ts";
import { codeAllowances } from "./allowances.ts";
import { downAdvice } from "./down-advice.ts";
import type { Finding } from "./finding.ts";
import { lintMigration, type MigrationSource } from "./lint-migration.ts";
import { missingDowns } from "./missing-downs.ts";
import { parseAll, type ParseAnswer, type ParseRequest } from "./parser-process.ts";
import { FolderProgress } from "./progress.ts";

/** A folder of migrations to judge. */
export interface FolderToLint {
  /** For the comments of TypeScript migrations, which a bundle does not hold. */
  readonly dir: string;
  readonly bundle: MigrationBundle;
  /** Only migrations newer than this version are judged; default: all. */
  readonly after?: string;
}

/** A TypeScript migration of which only a part could be judged. */
export interface PartlyJudged {
  readonly migration: string;
  readonly file: string;
  readonly reasons: readonly string[];
}

export interface LintResult {
  /** In the order of the migrations, then of lines. */
  readonly findings: readonly Finding[];
  readonly partly: readonly PartlyJudged[];
}

/**
 * Judges folders by Postgres' own parser, all in one process beside this one.
 *
 * @returns one result for each folder
 * @throws ParserMissingError where the parser is not installed
 */
export async function lintFolders(
  folders: readonly FolderToLint[],
  signal?: AbortSignal,
): Promise<LintResult[]> {
  const judged = folders.map(({ bundle, after }) =>
    bundle.migrations.filter(({ name }) => after === undefined || compareVersions(name, after) > 0),
  );
  const sources = folders.map(({ dir }, i) => (judged[i] ?? []).map((each) => read(dir, each)));
  const all = sources.flat();
  const answer = await parsed({
    texts: all.flatMap(({ statements, downStatements }) => [
      ...statements.map(({ text }) => text),
      ...downStatements.map(({ text }) => text),
    ]),
    modules: all.flatMap(({ migration }) =>
      migration.kind === "typescript" ? [{ file: migration.file, text: migration.up }] : [],
    ),
    ...(signal && { signal }),
  });
  const trees = answer.texts[Symbol.iterator]();
  const recordings = answer.recordings[Symbol.iterator]();
  return sources.map((migrations, i) => {
    const progress = new FolderProgress();
    const findings: Finding[] = [];
    const partly: PartlyJudged[] = [];
    const noDowns = missingDowns(folders[i]?.bundle.migrations ?? [], judged[i] ?? []);
    for (const source of migrations) {
      const { migration, statements, downStatements } = source;
      const found = lintMigration(source, progress, noDowns.get(migration.name) ?? null, {
        up: statements.map(() => next(trees)),
        down: downStatements.map(() => next(trees)),
        recording: migration.kind === "typescript" ? next(recordings) : null,
      });
      findings.push(...found.findings);
      if (found.partly.length === 0) continue;
      partly.push({ migration: migration.name, file: migration.file, reasons: found.partly });
    }
    return { findings, partly };
  });
}

function next<T>(from: Iterator<T>): T {
  const { value, done } = from.next();
  if (done === true) throw new Error("the parser answered less than it was asked");
  return value;
}

function read(dir: string, migration: BundledMigration): MigrationSource {
  const { kind, up, statements, down, file } = migration;
  // Of SQL only what advises on a missing way down reads the file: its marks may stand above the text.
  const source = kind === "typescript" || down === null ? sourceOf(join(dir, file)) : "";
  const downStatements = down?.kind === "sql" ? splitSql(down.text).statements : [];
  return {
    migration,
    statements: statements.map(({ start, end, line }) => ({ text: up.slice(start, end), line })),
    downStatements: downStatements.map(({ start, end, line }) => ({
      text: down?.text.slice(start, end) ?? "",
      line,
    })),
    codeAllowances: kind === "typescript" ? codeAllowances(source) : null,
    downAdvice: downAdvice(migration, source),
  };
}

/** A delivered folder holds compiled code only: nothing is allowed there. */
function sourceOf(path: string): string {
  try {
    return readSource(path);
  } catch (error) {
    if (error instanceof SourceTextError) return "";
    throw error;
  }
}

/** What was asked last, with its answer: a program that loads its configuration again asks the same. */
let last: { readonly key: string; readonly answer: Promise<ParseAnswer> } | null = null;

async function parsed(request: ParseRequest): Promise<ParseAnswer> {
  const key = JSON.stringify([request.texts, request.modules]);
  if (last?.key === key) return await last.answer;
  const answer = parseAll(request);
  const entry = { key, answer };
  last = entry;
  try {
    return await answer;
  } catch (error) {
    if (last === entry) last = null;
    throw error;
  }
}
