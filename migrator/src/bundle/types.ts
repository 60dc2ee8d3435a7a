/** When a migration runs: before the rollout (old code survives it) or after it. */
export type Phase = "expand" | "contract";

/** Half-open range of one statement in {@link BundledMigration.up}, in UTF-16 code units. */
export interface StatementRange {
  readonly start: number;
  readonly end: number;
  /** Line of the statement's first character, from 1. */
  readonly line: number;
}

/** The way back of a migration. */
export interface BundledDown {
  readonly kind: "sql" | "typescript";
  /** File that holds it, relative to the folder; the migration's own where that holds both ways. */
  readonly file: string;
  /** SQL, or the CommonJS module whose `down` is called. */
  readonly text: string;
  /** Checksum of its source, in the same form as {@link BundledMigration.checksum}. */
  readonly checksum: string;
}

/** One migration as plain data. */
export interface BundledMigration {
  /** The version: the file's name without its suffixes, for example `0013_add_email`. */
  readonly name: string;
  readonly kind: "sql" | "typescript";
  readonly phase: Phase;
  /** `false`: statements run one by one, outside a transaction (SQL only). */
  readonly transaction: boolean;
  /**
   * Checksum of the source, never of compiled output: `sql1:` or `ts1:` and the SHA-256 in hex, after
   * CRLF became LF and a BOM was cut off. A TypeScript migration's covers its relative imports.
   */
  readonly checksum: string;
  /** File, relative to the folder, for messages. */
  readonly file: string;
  /** SQL, or a CommonJS module with `up` and perhaps `down`. */
  readonly up: string;
  /** The statements of SQL, in order; empty for TypeScript. */
  readonly statements: readonly StatementRange[];
  readonly down: BundledDown | null;
}

/** A folder of migrations as plain data, in the order in which they run: by number, then as stated. */
export interface MigrationBundle {
  readonly format: 1;
  readonly migrations: readonly BundledMigration[];
}
