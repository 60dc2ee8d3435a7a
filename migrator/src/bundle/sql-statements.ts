import { lineIndex } from "./source-text.ts";
import { nextToken, UnterminatedError, type SqlToken } from "./sql-lexer.ts";
import type { StatementRange } from "./types.ts";

/** One statement with what the rules look at. */
export interface SqlStatement extends StatementRange {
  /**
   * Its words outside quotes, comments, parentheses and function bodies, in upper case (of `REINDEX`
   * also the option `CONCURRENTLY`, which may stand in parentheses).
   */
  readonly words: readonly string[];
}

export interface SqlComment {
  readonly text: string;
  /** Offset of its first character. */
  readonly start: number;
  readonly line: number;
  /** Whether it stands before the first statement. */
  readonly leading: boolean;
}

export interface SqlMistake {
  readonly line: number;
  readonly message: string;
}

export interface SplitSql {
  readonly statements: readonly SqlStatement[];
  readonly comments: readonly SqlComment[];
  readonly mistakes: readonly SqlMistake[];
}

/**
 * Splits SQL into statements, without their semicolons and the comments around them. What cannot be
 * sent to a server (an open quote, a psql command, data of `COPY … FROM stdin`) is a mistake; the
 * rest of the text is still read where that is possible, so that all of them are found at once.
 */
export function splitSql(text: string): SplitSql {
  const lineOf = lineIndex(text);
  const statements: SqlStatement[] = [];
  const comments: SqlComment[] = [];
  const mistakes: SqlMistake[] = [];
  let open = new OpenStatement();
  let at = 0;

  const finish = (): void => {
    if (open.start < 0) return;
    const { start, end, words } = open;
    statements.push({ start, end, line: lineOf(start), words });
    if (
      words[0] === "COPY" &&
      words.some((word, i) => word === "STDIN" && words[i - 1] === "FROM")
    ) {
      mistakes.push({ line: lineOf(start), message: COPY_FROM_STDIN });
      at = copyDataEnd(text, at);
    }
    open = new OpenStatement();
  };

  try {
    for (let token = nextToken(text, at); token !== null; token = nextToken(text, at)) {
      at = token.end;
      if (token.kind === "line comment" || token.kind === "block comment") {
        comments.push({
          text: text.slice(token.start, token.end),
          start: token.start,
          line: lineOf(token.start),
          leading: statements.length === 0 && open.start < 0,
        });
      } else if (token.kind === "symbol" && text[token.start] === "\\") {
        finish();
        at = lineEndAfter(text, token.start);
        mistakes.push({
          line: lineOf(token.start),
          message: psqlCommand(text.slice(token.start, at)),
        });
      } else if (token.kind === "symbol" && text[token.start] === ";" && open.isWhole()) {
        finish();
      } else {
        open.add(token, text);
      }
    }
    if (open.atomicStart >= 0) throw new UnterminatedError("BEGIN ATOMIC", open.atomicStart);
    finish();
  } catch (error) {
    if (!(error instanceof UnterminatedError)) throw error;
    mistakes.push({ line: lineOf(error.offset), message: error.message });
  }
  return { statements, comments, mistakes };
}

const COPY_FROM_STDIN =
  "COPY … FROM stdin reads its rows from psql, and the runner is not psql. Write them as INSERT … VALUES";

function psqlCommand(command: string): string {
  const name = /^\\\S*/.exec(command)?.[0] ?? "\\";
  return `${name} is a command of psql, not SQL, and only psql knows it. Delete it, or write what it does in SQL`;
}

/** The offset behind the rows that follow a `COPY … FROM stdin;`, or `at` where none follow. */
function copyDataEnd(text: string, at: number): number {
  const close = /^\\\.[ \t]*$/gm;
  close.lastIndex = at;
  return close.test(text) ? close.lastIndex : at;
}

function lineEndAfter(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
}

/** The statement that is being read. */
class OpenStatement {
  start = -1;
  end = -1;
  /** Where the body that is open now began (`BEGIN ATOMIC`), or -1. */
  atomicStart = -1;
  readonly words: string[] = [];
  private parentheses = 0;
  /** `BEGIN ATOMIC` and every `CASE` in it that waits for its `END`. */
  private blocks = 0;
  private previous = "";
  private previousStart = -1;

  /** Whether a semicolon here ends it: `CREATE RULE … DO (a; b)` and function bodies hold some. */
  isWhole(): boolean {
    return this.parentheses === 0 && this.blocks === 0;
  }

  add(token: SqlToken, text: string): void {
    if (this.start < 0) this.start = token.start;
    this.end = token.end;
    if (token.kind === "word") {
      const end = Math.min(token.end, token.start + LONGEST_KEYWORD);
      const word = text.slice(token.start, end).toUpperCase();
      this.addWord(word);
      this.previous = word;
      this.previousStart = token.start;
      return;
    }
    const symbol = token.kind === "symbol" ? (text[token.start] ?? "") : "";
    if (symbol === "(") this.parentheses += 1;
    if (symbol === ")") this.parentheses = Math.max(0, this.parentheses - 1);
    this.previous = symbol;
  }

  private addWord(word: string): void {
    if (this.blocks > 0) {
      // `AS end` and `t.case` are names: every keyword may stand there. The body's own END follows a
      // semicolon; any other outside of CASE is a name, as in `select 1 end`.
      const isName = this.previous === "AS" || this.previous === ".";
      const endsBody = this.previous === ";" || this.previous === "ATOMIC";
      if (word === "CASE" && !isName) this.blocks += 1;
      if (word === "END" && (this.blocks > 1 ? !isName : endsBody)) this.blocks -= 1;
      if (this.blocks === 0) this.atomicStart = -1;
      return;
    }
    // Inside parentheses it is a parameter "begin" of a type "atomic".
    const isBody = word === "ATOMIC" && this.previous === "BEGIN" && this.parentheses === 0;
    if (isBody && this.createsRoutine()) {
      this.blocks = 1;
      this.atomicStart = this.previousStart;
    }
    const isOption = word === "CONCURRENTLY" && this.words[0] === "REINDEX";
    if (this.parentheses === 0 || isOption) this.words.push(word);
  }

  private createsRoutine(): boolean {
    const [create, second, third, fourth] = this.words;
    const kind = second === "OR" && third === "REPLACE" ? fourth : second;
    return create === "CREATE" && (kind === "FUNCTION" || kind === "PROCEDURE");
  }
}

/** Words are compared with keywords only; no keyword is longer than this (`CURRENT_TIMESTAMP`: 17). */
const LONGEST_KEYWORD = 32;
