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
const SPACE = /[ \t\n\r\f\v]*/y;
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
  const start = matchEnd(SPACE, text, at);
  if (start >= text.length) return null;
  const token = (kind: SqlTokenKind, end: number): SqlToken => ({ kind, start, end });

  const char = text[start];
  if (char === "'") return token("literal", quoteEnd(text, start, start, "'", "quote"));
  if (char === '"') return token("quoted", quoteEnd(text, start, start, '"', "quoted identifier"));
  if (char === "-" && text[start + 1] === "-") return token("line comment", lineEnd(text, start));
  if (char === "/" && text[start + 1] === "*")
    return token("block comment", commentEnd(text, start));
  if (char === "$") {
    const open = matchEnd(DOLLAR_TAG, text, start);
    if (open > start) return token("literal", dollarEnd(text, start, open));
  }
  const word = matchEnd(WORD, text, start);
  if (word > start) {
    const escapes = word === start + 1 && (char === "e" || char === "E") && text[word] === "'";
    return escapes ? token("literal", escapedEnd(text, start, word)) : token("word", word);
  }
  const number = matchEnd(NUMBER, text, start);
  return number > start ? token("number", number) : token("symbol", start + 1);
}

function matchEnd(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

/** `open` is the offset of the opening quote, `start` that of the token, for the error. */
function quoteEnd(text: string, start: number, open: number, mark: string, what: string): number {
  for (let at = open + 1; ; at += 2) {
    at = text.indexOf(mark, at);
    if (at < 0) throw new UnterminatedError(what, start);
    if (text[at + 1] !== mark) return at + 1;
  }
}

function escapedEnd(text: string, start: number, open: number): number {
  let at = open + 1;
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
    const next = matchEnd(SPACE, text, at);
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
