import { nextToken, UnterminatedError } from "../bundle/sql-lexer.ts";
import type { StatementRange } from "../bundle/types.ts";
import { isRuleName, NOT_ALLOWABLE, type RuleName } from "./rule-list.ts";

/** `-- tidegate: allow RULE because REASON`, understood. */
export interface Allowance {
  readonly line: number;
  readonly rule: RuleName;
  /** Place of the statement below it; `null`: it stands above none. */
  readonly statement: number | null;
}

/** One that allows nothing; the message says why. */
export interface BadAllowance {
  readonly line: number;
  readonly message: string;
}

export interface Allowances {
  readonly good: readonly Allowance[];
  readonly bad: readonly BadAllowance[];
}

const ALLOW = /^(?:--|\/\/)[ \t]*tidegate[ \t]*:[ \t]*allow\b[ \t]*(.*?)[ \t]*$/i;
const FORM = 'Write "tidegate: allow RULE because REASON"';

/**
 * Allowances of SQL: those in the comment lines directly above a statement are of that statement.
 *
 * @param text what the ranges are offsets into; the lines count from the file's beginning
 */
export function sqlAllowances(text: string, statements: readonly StatementRange[]): Allowances {
  const good: Allowance[] = [];
  const bad: BadAllowance[] = [];
  let from = 0;
  for (const [index, statement] of [...statements, null].entries()) {
    const end = statement?.start ?? text.length;
    const comments = lineComments(text, from, end);
    const lines = lineOf(text, statements, index);
    const numbered = comments.map(({ start, alone }) => ({ start, alone, line: lines(start) }));
    const above = new Set<number>();
    for (let line = (statement?.line ?? 0) - 1; numbered.some((c) => c.alone && c.line === line);) {
      above.add(line);
      line -= 1;
    }
    for (const { start, line, alone } of numbered) {
      const of = alone && above.has(line) ? index : null;
      collect(lineAt(text, start), line, of, good, bad);
    }
    from = statement?.end ?? end;
  }
  return { good, bad };
}

/** Allowances of TypeScript: each is of the whole file, wherever it stands on a line of its own. */
export function codeAllowances(source: string): Allowances {
  const good: Allowance[] = [];
  const bad: BadAllowance[] = [];
  for (const [index, text] of source.split("\n").entries()) {
    collect(text.trim(), index + 1, null, good, bad);
  }
  return { good, bad };
}

function collect(
  text: string,
  line: number,
  statement: number | null,
  good: Allowance[],
  bad: BadAllowance[],
): void {
  const value = ALLOW.exec(text)?.[1];
  if (value === undefined) return;
  const [, rule = "", reason = ""] = /^(\S*)(?:[ \t]+because\b[ \t]*(.*))?/i.exec(value) ?? [];
  if (rule === "") {
    bad.push({ line, message: `it names no rule. ${FORM}` });
  } else if (!isRuleName(rule)) {
    bad.push({ line, message: `there is no rule "${rule}". docs/lint.md lists them all` });
  } else if (NOT_ALLOWABLE.includes(rule)) {
    bad.push({ line, message: `${rule} can't be allowed: correct what it finds` });
  } else if (reason.trim() === "") {
    bad.push({ line, message: `it gives no reason, which the next reader needs. ${FORM}` });
  } else {
    good.push({ line, rule, statement });
  }
}

function lineComments(
  text: string,
  from: number,
  end: number,
): { start: number; alone: boolean }[] {
  const found: { start: number; alone: boolean }[] = [];
  try {
    for (let at = from; at < end;) {
      const token = nextToken(text, at);
      if (token === null || token.start >= end) break;
      at = token.end;
      if (token.kind !== "line comment") continue;
      const lineStart = text.lastIndexOf("\n", token.start - 1) + 1;
      const alone = text.slice(lineStart, token.start).trim() === "";
      found.push({ start: token.start, alone });
    }
  } catch (error) {
    if (!(error instanceof UnterminatedError)) throw error;
  }
  return found;
}

function lineAt(text: string, start: number): string {
  const end = text.indexOf("\n", start);
  return text.slice(start, end < 0 ? text.length : end);
}

/** Lines of offsets in front of a statement, counted from its own; behind the last one from that. */
function lineOf(
  text: string,
  statements: readonly StatementRange[],
  index: number,
): (offset: number) => number {
  const known = statements[index] ?? statements.at(-1);
  if (known === undefined) return (offset) => newlines(text.slice(0, offset)) + 1;
  return (offset) =>
    offset < known.start
      ? known.line - newlines(text.slice(offset, known.start))
      : known.line + newlines(text.slice(known.start, offset));
}

export function newlines(text: string): number {
  return text.split("\n").length - 1;
}
