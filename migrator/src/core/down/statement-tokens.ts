import { nextToken } from "../../bundle/sql-lexer.ts";

const NAME = /^["A-Za-z_\u0080-\uffff]/;

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
    if (first === undefined || !NAME.test(first)) return null;
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

  /**
   * The names that are called as functions from here to the end; with their schema where one is named
   * that is not `pg_catalog`, as a `max` of somebody's own is not Postgres' one. `AS x (` and
   * `REFERENCES x (` name columns.
   */
  calls(): readonly string[] {
    const rest = this.#tokens.slice(this.#at);
    return rest.flatMap((token, index) => {
      if (rest[index + 1] !== "(" || !NAME.test(token)) return [];
      const qualified = rest[index - 1] === ".";
      const before = rest[index - (qualified ? 3 : 1)]?.toUpperCase() ?? "";
      if (before === "AS" || before === "REFERENCES") return [];
      const schema = qualified ? (rest[index - 2] ?? "").toLowerCase() : "pg_catalog";
      const name = token.toLowerCase();
      return [schema === "pg_catalog" ? name : `${schema}.${name}`];
    });
  }

  /** Goes behind the first of these words that stands here or later outside parentheses; `false`: none does. */
  skipTo(...words: readonly string[]): boolean {
    let depth = 0;
    const found = this.#tokens.findIndex((token, index) => {
      if (token === "(") depth += 1;
      if (token === ")") depth -= 1;
      return index >= this.#at && depth === 0 && words.includes(token.toUpperCase());
    });
    if (found >= 0) this.#at = found + 1;
    return found >= 0;
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
