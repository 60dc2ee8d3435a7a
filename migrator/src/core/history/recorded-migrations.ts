import type { MigrationBundle, Phase } from "../../bundle/types.ts";
import type { HistoryRow, Outcome } from "./history-row.ts";

/** A migration of the history, as `status` shows it. */
export interface RecordedMigration {
  readonly name: string;
  readonly phase: Phase;
  readonly outcome: Outcome;
  /** When it began, ISO 8601. */
  readonly started: string;
  /** Number of the run that recorded it. */
  readonly batch: number;
  /** How far a no-transaction file came that is half done; absent for all others. */
  readonly statements?: {
    readonly done: number;
    /** `null`: its file is not in the folder. */
    readonly of: number | null;
  };
}

/**
 * What a history records, oldest first.
 *
 * @param phase only of this one; absent: of both
 */
export function recordedMigrations(
  bundle: MigrationBundle,
  rows: readonly HistoryRow[],
  phase: Phase | undefined,
): readonly RecordedMigration[] {
  const files = new Map(bundle.migrations.map((migration) => [migration.name, migration]));
  return rows
    .filter((row) => phase === undefined || row.phase === phase)
    .map((row) => {
      const { name, outcome, batch } = row;
      const halfDone = outcome === "running" || outcome === "failed";
      return {
        name,
        phase: row.phase,
        outcome,
        started: new Date(row.started).toISOString(),
        batch,
        ...(halfDone && {
          statements: {
            done: row.statementsDone ?? 0,
            of: files.get(name)?.statements.length ?? null,
          },
        }),
      };
    });
}
