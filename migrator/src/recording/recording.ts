/** What a TypeScript migration sends when its `up` runs without a database. */
export interface Recording {
  /** The statements in order, without parameters (`$1` stays). */
  readonly statements: readonly string[];
  /** Why there may be more, or others, with a database; empty: these are all. */
  readonly partial: readonly string[];
}

/** A compiled migration to record. */
export interface RecordedModule {
  /** For messages and stack traces. */
  readonly file: string;
  /** CommonJS. */
  readonly text: string;
}

/**
 * Bound of one migration, in milliseconds; a loop that waits for rows never ends without a database.
 * A migration that only sends statements takes about one.
 */
export const RECORDING_LIMIT = 2_000;

/** Bound of all migrations of one request, in milliseconds. */
export const RECORDINGS_LIMIT = 20_000;
