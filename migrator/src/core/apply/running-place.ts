import type { BundledMigration } from "../../bundle/types.ts";
import { excerpt } from "./source-position.ts";

/** The beginning of the message that a file is sent in, by which the server's view of it is known. */
export const BEGINNING = "begin;set local lock_timeout = ";

/** What of a migration a message is. */
export interface RunningPlace {
  readonly file: string;
  /** Where it stands; of several statements the first; `null`: in no line of the file. */
  readonly line: number | null;
  /** How many statements the message holds. */
  readonly statements: number;
  /** On one line, cut short. */
  readonly query: string;
}

/**
 * Finds the message that the server works on in the file that it came from. A file in a transaction is
 * sent whole, behind words of the runner's own that would fill the line.
 *
 * @param query as `pg_stat_activity` has it: its beginning, of 1 kB by default
 */
export function runningPlace(
  { file, up, statements }: BundledMigration,
  query: string,
): RunningPlace {
  const [first] = statements;
  if (query.startsWith(BEGINNING) && first !== undefined) {
    return {
      file,
      line: first.line,
      statements: statements.length,
      query: excerpt(up.slice(first.start)),
    };
  }
  const range = statements.find(({ start, end }) => up.slice(start, end).startsWith(query));
  return {
    file,
    line: range?.line ?? null,
    statements: 1,
    query: excerpt(range === undefined ? query : up.slice(range.start, range.end)),
  };
}
