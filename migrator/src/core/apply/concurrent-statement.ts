import { nextToken } from "../../bundle/sql-lexer.ts";

/** A statement that builds an index without locking its table. */
export interface ConcurrentIndex {
  /** The index's name as the catalog has it. */
  readonly index: string;
  /** The table as written, quotes and schema included. */
  readonly table: string;
}

/** The statement's tokens as text, without comments. */
function wordsOf(statement: string): readonly string[] {
  const words: string[] = [];
  for (let at = 0; ;) {
    const token = nextToken(statement, at);
    if (token === null) return words;
    at = token.end;
    if (token.kind === "line comment" || token.kind === "block comment") continue;
    words.push(statement.slice(token.start, token.end));
  }
}

/**
 * The statement waits for other transactions by design (`… CONCURRENTLY`): a lock_timeout would fail it
 * and leave an invalid index behind.
 */
export function isConcurrent(statement: string): boolean {
  return wordsOf(statement).some((word) => word.toUpperCase() === "CONCURRENTLY");
}

/** What `CREATE INDEX CONCURRENTLY name ON table` builds; `null` for any other statement. */
export function concurrentIndex(statement: string): ConcurrentIndex | null {
  const words = wordsOf(statement);
  let at = 0;
  const skip = (...expected: readonly string[]): boolean => {
    const found = expected.every((word, index) => words[at + index]?.toUpperCase() === word);
    if (found) at += expected.length;
    return found;
  };
  if (!skip("CREATE")) return null;
  skip("UNIQUE");
  if (!skip("INDEX", "CONCURRENTLY")) return null;
  skip("IF", "NOT", "EXISTS");
  const index = words[at];
  at += 1;
  // Without a name Postgres makes one up, and a half-built index cannot be told from others.
  if (index === undefined || index.toUpperCase() === "ON" || !skip("ON")) return null;
  skip("ONLY");
  const first = words[at];
  if (first === undefined) return null;
  const table = words[at + 1] === "." ? `${first}.${words[at + 2] ?? ""}` : first;
  return { index: identifier(index), table };
}

/** An identifier as the catalog has it: folded to lower case unless quoted. */
function identifier(word: string): string {
  return word.startsWith('"') ? word.slice(1, -1).replaceAll('""', '"') : word.toLowerCase();
}
