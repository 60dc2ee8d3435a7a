import type { BundleProblem } from "./bundle-error.ts";
import { readDirectives, type DirectiveHost } from "./directives.ts";
import { refusal } from "./sql-rules.ts";
import { splitSql, type SqlComment } from "./sql-statements.ts";
import { sha256 } from "./source-text.ts";
import type { Phase, StatementRange } from "./types.ts";

/** One SQL file, understood. */
export interface SqlSource {
  readonly phase: Phase;
  readonly transaction: boolean;
  readonly checksum: string;
  readonly statements: readonly StatementRange[];
  readonly problems: readonly BundleProblem[];
}

/**
 * Reads the text of one SQL file; nothing is thrown, so that the mistakes of all files are reported
 * together.
 *
 * @param file its path in the folder, for messages
 * @param text normalised by `readSource`
 */
export function readSql(file: string, text: string, host: DirectiveHost): SqlSource {
  const { statements, comments, mistakes } = splitSql(text);
  const directives = readDirectives(comments, host);
  const problems: BundleProblem[] = [];
  for (const mistake of [...mistakes, ...directives.mistakes, ...foreignAnnotations(comments)]) {
    problems.push({ file, ...mistake });
  }
  for (const { words, line } of statements) {
    const message = refusal(words, directives.transaction);
    if (message !== null) problems.push({ file, line, message });
  }
  if (statements.length === 0 && mistakes.length === 0) {
    const remedy =
      host === "sql down"
        ? "delete it if there is no way down"
        : "delete it if nothing is left to do";
    problems.push({ file, message: `it holds no statement. Write one, or ${remedy}` });
  }
  return {
    phase: directives.phase,
    transaction: directives.transaction,
    checksum: `sql1:${sha256(text)}`,
    statements: statements.map(({ start, end, line }) => ({ start, end, line })),
    problems,
  };
}

/**
 * dbmate and goose keep the way up and the way down in one file, marked by comments. Read as plain
 * SQL it would create a table and drop it again at once.
 */
function foreignAnnotations(comments: readonly SqlComment[]): { line: number; message: string }[] {
  const found = comments.find(({ text }) => /^--[ \t]*(?:migrate:|\+goose[ \t])/i.test(text));
  if (found === undefined) return [];
  const mark = found.text.trim();
  return [
    {
      line: found.line,
      message: `"${mark}" is an annotation of another tool, whose files hold the way up and the way down. Split it: the way up into NNN_name.sql, the way down into NNN_name.down.sql, without annotations`,
    },
  ];
}
