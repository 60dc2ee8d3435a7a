/** What a token is, as far as the ends of statements depend on it. */
export type SqlTokenKind =
  /** Keyword or identifier without quotes. */
  | "word"
  /** Identifier in double quotes. */
  | "quoted"
  /** Text in single quotes (plain or `E''`) or between dollar tags. */
  | "literal"
  | "number"
  /** `--` to the end of the line. */
  | "line comment"
  | "block comment"
  /** Any other character, one by one. */
  | "symbol";

export interface SqlToken {
  readonly kind: SqlTokenKind;
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/** A quote or comment that the text ends in. */
export class UnterminatedError extends Error {
  override readonly name = "UnterminatedError";
  /** Where it began. */
  readonly offset: number;

  constructor(what: string, offset: number) {
    super(`this ${what} is never closed. Close it before the end of the file`);
    this.offset = offset;
  }
}

// The character classes are those of Postgres' scanner (src/backend/parser/scan.l): every byte from
// 0x80 on belongs to identifiers, and an identifier may hold `$`, so `a$b$c` opens no dollar quote.
const WORD = /[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*/y;
const NUMBER = /[0-9]+/y;
const DOLLAR_TAG = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y;
const LINE_END = /[\n\r]/g;
const COMMENT_EDGE = /\/\*|\*\//g;

/**
 * The next token at or after `at`, or `null` at the end. Reads the text as Postgres does with
 * `standard_conforming_strings` on; each character is looked at a bounded number of times.
 *
 * @throws UnterminatedError
 */
export function nextToken(text: string, at: number): SqlToken | null {
  const start = spaceEnd(text, at);
  if (start >= text.length) return null;
  const char = text[start] ?? "";
  const next = text[start + 1];
  if (/[A-Za-z_\u0080-\uffff]/.test(char)) {
    if (next === "'" && (char === "e" || char === "E")) {
      return { kind: "literal", start, end: escapedEnd(text, start) };
    }
    return { kind: "word", start, end: matchEnd(WORD, text, start) };
  }
  if (char === "'") return { kind: "literal", start, end: quoteEnd(text, start, "quote") };
  if (char === '"')
    return { kind: "quoted", start, end: quoteEnd(text, start, "quoted identifier") };
  if (char >= "0" && char <= "9")
    return { kind: "number", start, end: matchEnd(NUMBER, text, start) };
  if (char === "-" && next === "-")
    return { kind: "line comment", start, end: lineEnd(text, start) };
  if (char === "/" && next === "*") {
    return { kind: "block comment", start, end: commentEnd(text, start) };
  }
  if (char === "$") {
    const open = matchEnd(DOLLAR_TAG, text, start);
    if (open > start) return { kind: "literal", start, end: dollarEnd(text, start, open) };
  }
  return { kind: "symbol", start, end: start + 1 };
}

function spaceEnd(text: string, at: number): number {
  let end = at;
  // Space, tab, line feed, vertical tab, form feed, carriage return.
  for (let code = text.charCodeAt(end); code === 32 || (code >= 9 && code <= 13);) {
    end += 1;
    code = text.charCodeAt(end);
  }
  return end;
}

function matchEnd(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

/** The mark that opens closes too; doubled it stands for itself. */
function quoteEnd(text: string, start: number, what: string): number {
  const mark = text[start] ?? "";
  for (let at = start + 1; ; at += 2) {
    at = text.indexOf(mark, at);
    if (at < 0) throw new UnterminatedError(what, start);
    if (text[at + 1] !== mark) return at + 1;
  }
}

function escapedEnd(text: string, start: number): number {
  let at = start + 2;
  for (;;) {
    if (at >= text.length) throw new UnterminatedError("quote (E'…')", start);
    const char = text[at];
    if (char === "\\" || (char === "'" && text[at + 1] === "'")) {
      at += 2;
      continue;
    }
    at += 1;
    if (char !== "'") continue;
    // E'a' and 'b\'c' on the next line are one literal, and the escapes go on in its second part.
    const next = continuation(text, at);
    if (next < 0) return at;
    at = next + 1;
  }
}

/**
 * Offset of the quote that continues the literal before `at`, or -1: on a later line, with nothing
 * but space and line comments between. Not a regular expression: one that allows comments between
 * spaces takes exponential time on a row of dashes.
 */
function continuation(text: string, at: number): number {
  let sawLineEnd = false;
  for (;;) {
    const next = spaceEnd(text, at);
    sawLineEnd ||= /[\n\r]/.test(text.slice(at, next));
    at = next;
    if (text[at] === "-" && text[at + 1] === "-") at = lineEnd(text, at);
    else return sawLineEnd && text[at] === "'" ? at : -1;
  }
}

function dollarEnd(text: string, start: number, open: number): number {
  const tag = text.slice(start, open);
  const close = text.indexOf(tag, open);
  if (close < 0) throw new UnterminatedError(`dollar quote (${tag})`, start);
  return close + tag.length;
}

function lineEnd(text: string, start: number): number {
  LINE_END.lastIndex = start;
  const match = LINE_END.exec(text);
  return match === null ? text.length : match.index;
}

function commentEnd(text: string, start: number): number {
  COMMENT_EDGE.lastIndex = start + 2;
  let depth = 1;
  while (depth > 0) {
    const edge = COMMENT_EDGE.exec(text);
    if (edge === null) throw new UnterminatedError("comment (/*)", start);
    depth += edge[0] === "/*" ? 1 : -1;
  }
  return COMMENT_EDGE.lastIndex;
}
