import type { Phase } from "../../bundle/types.ts";
import { compareVersions } from "../../bundle/version.ts";

/**
 * What became of a migration:
 * - `applied`: all of it is in the database;
 * - `running`: statements of a no-transaction file ran, and one was in flight when this was written;
 * - `failed`: the same, and the statement after the finished ones failed;
 * - `baseline`: the database was declared to be at this version without running anything;
 * - `withdrawn`: a contract migration that is never to run here; nothing of it is in the database.
 */
export type Outcome = "applied" | "running" | "failed" | "baseline" | "withdrawn";

/** One row of `migration_history`, without the way down. */
export interface HistoryRow {
  readonly name: string;
  /** Other names that this migration has or had, and names that a squash replaced. */
  readonly aliases: readonly string[];
  readonly checksum: string;
  readonly phase: Phase;
  readonly outcome: Outcome;
  readonly batch: number;
  /** ISO 8601. */
  readonly started: string;
  readonly durationMs: number;
  /** The login that applied it. */
  readonly who: string;
  /** Version of the runner. */
  readonly runner: string;
  readonly gitCommit: string | null;
  /** Statements of a no-transaction file that are finished; `null` for all others. */
  readonly statementsDone: number | null;
  /** Checksums of those statements, so that a changed file is continued only where they stayed. */
  readonly statementChecksums: readonly string[] | null;
}

/** All names by which a row is known. */
export function namesOf(row: HistoryRow): readonly string[] {
  return [row.name, ...row.aliases];
}

/** The newest version that is in the database; `null`: none. */
export function newestOf(rows: readonly HistoryRow[]): string | null {
  const names = rows.filter(({ outcome }) => outcome !== "withdrawn").map(({ name }) => name);
  return names.toSorted(compareVersions).at(-1) ?? null;
}

/** All of it is in the database. */
export function isDone({ outcome }: HistoryRow): boolean {
  return outcome === "applied" || outcome === "baseline";
}
