import type { BundleProblem } from "./bundle-error.ts";
import { readDirectives, type DirectiveHost } from "./directives.ts";
import { refusal } from "./sql-rules.ts";
import { splitSql } from "./sql-statements.ts";
import { sha256 } from "./source-text.ts";
import type { Phase, StatementRange } from "./types.ts";

/** One SQL file, understood. */
export interface SqlSource {
  /** `null`: the file does not say. */
  readonly phase: Phase | null;
  readonly transaction: boolean;
  /** The version of the same number that runs right before this one; `null`: the file does not say. */
  readonly after: string | null;
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
  for (const mistake of [...mistakes, ...directives.mistakes]) {
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
    after: directives.after,
    checksum: `sql1:${sha256(text)}`,
    statements: statements.map(({ start, end, line }) => ({ start, end, line })),
    problems,
  };
}
