import { nextToken } from "../../bundle/sql-lexer.ts";

/** Reads one statement's tokens, comments left out, from its start. */
export class StatementTokens {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(statement: string) {
    const tokens: string[] = [];
    for (let at = 0; ;) {
      const token = nextToken(statement, at);
      if (token === null) break;
      at = token.end;
      if (token.kind === "line comment" || token.kind === "block comment") continue;
      tokens.push(statement.slice(token.start, token.end));
    }
    this.#tokens = tokens;
  }

  /** The keyword (or symbol) here, in upper case; empty at the end. */
  get word(): string {
    return (this.#tokens[this.#at] ?? "").toUpperCase();
  }

  /** Goes past the given words where all of them stand here. */
  skip(...words: readonly string[]): boolean {
    const found = words.every(
      (word, index) => this.#tokens[this.#at + index]?.toUpperCase() === word,
    );
    if (found) this.#at += words.length;
    return found;
  }

  /** Goes past whatever stands here. */
  next(): void {
    this.#at += 1;
  }

  /** A name as written, schema and quotes included; `null` where none stands here. */
  name(): string | null {
    const first = this.#tokens[this.#at];
    if (first === undefined || !/^["A-Za-z_\u0080-\uffff]/.test(first)) return null;
    this.#at += 1;
    let name = first;
    while (this.word === ".") {
      const part = this.#tokens[this.#at + 1];
      if (part === undefined) return null;
      name += `.${part}`;
      this.#at += 2;
    }
    return name;
  }

  /** Whether one of the keywords stands anywhere. A quoted name is none of them. */
  has(...words: readonly string[]): boolean {
    return this.#tokens.some((token) => words.includes(token.toUpperCase()));
  }

  /** Whether these words stand anywhere, one behind the other. */
  hasInOrder(first: string, second: string): boolean {
    return this.#tokens.some(
      (token, index) =>
        token.toUpperCase() === first && this.#tokens[index + 1]?.toUpperCase() === second,
    );
  }

  /** The names that are called as functions anywhere. */
  calls(): readonly string[] {
    return this.#tokens.flatMap((token, index) => {
      const called = this.#tokens[index + 1] === "(" && /^["A-Za-z_\u0080-\uffff]/.test(token);
      return called ? [token.toLowerCase()] : [];
    });
  }

  /** The parts between commas outside parentheses, from here to the end. */
  parts(): readonly StatementTokens[] {
    const parts: string[][] = [[]];
    let depth = 0;
    for (const token of this.#tokens.slice(this.#at)) {
      if (token === "(") depth += 1;
      if (token === ")") depth -= 1;
      if (token === "," && depth === 0) parts.push([]);
      else parts.at(-1)?.push(token);
    }
    return parts.map((part) => new StatementTokens(part.join(" ")));
  }
}
