import type { Client } from "pg";

/** The tools whose history can be taken over. */
export const TOOLS = [
  "kysely",
  "knex",
  "drizzle",
  "alembic",
  "dbmate",
  "golang-migrate",
  "goose",
  "flyway",
] as const;

export type Tool = (typeof TOOLS)[number];

/** How a tool's history names a migration. */
export type Identity =
  /** By its file's name, with a suffix or without. */
  | { readonly by: "name"; readonly name: string }
  /** By the number that its file's name begins with, without leading zeros. */
  | { readonly by: "number"; readonly number: string }
  /** Everything up to a number: the tool keeps the newest one only. */
  | { readonly by: "through"; readonly number: string }
  /** By the journal's `when` (milliseconds since 1970) and the SHA-256 of the file in hex. */
  | { readonly by: "journal"; readonly when: number; readonly hash: string }
  /** By a revision, which stands in the tool's own files only. */
  | { readonly by: "revision"; readonly revision: string };

/** One migration that a tool says it has applied. */
export interface ForeignEntry {
  /** As its history calls it, for people. */
  readonly label: string;
  readonly identity: Identity;
  /** When it was applied, as ISO 8601; `null`: its history does not say. */
  readonly appliedAt: string | null;
  /** The tool's own batch; `null`: it has none. */
  readonly batch: number | null;
}

/** A table that may be a tool's history. */
export interface ForeignTable {
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly string[];
}

/** A tool's history as it stands. */
export interface ForeignHistory {
  /** What is applied, oldest first. */
  readonly entries: readonly ForeignEntry[];
  /** Why it can't be taken over: each says what is wrong and what to do first. */
  readonly problems: readonly string[];
}

/** Reads one tool's history; changes nothing. */
export interface HistoryReader {
  readonly tool: Tool;
  /** Name of its table where the tool's settings name no other. */
  readonly table: string;
  /** Whether a table has the columns by which this tool's history is told from others of its name. */
  readonly detect: (table: ForeignTable) => boolean;
  /** @param table quoted, with its schema */
  readonly read: (client: Client, table: string, found: ForeignTable) => Promise<ForeignHistory>;
}

/** Whether a table has all of these columns. */
export function hasColumns({ columns }: ForeignTable, ...names: readonly string[]): boolean {
  return names.every((name) => columns.includes(name));
}

/** A time of the driver as ISO 8601. */
export function isoOf(value: unknown): string | null {
  const time = value instanceof Date ? value : new Date(typeof value === "string" ? value : NaN);
  return Number.isNaN(time.getTime()) ? null : time.toISOString();
}
