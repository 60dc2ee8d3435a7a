import type { BundledMigration, MigrationBundle } from "../../bundle/types.ts";
import { compareVersions } from "../../bundle/version.ts";
import { type HistoryRow, namesOf } from "../history/history-row.ts";
import { planRun } from "../history/run-plan.ts";
import { MigratorError } from "../migrator-error.ts";

/**
 * The migrations that made a database: those of its history, in its order. What a baseline stands for
 * comes first, as a new database gets it.
 *
 * @throws MigratorError of kind `refused` where folder and history do not fit, or something is half done.
 */
export function recordedBundle(
  bundle: MigrationBundle,
  rows: readonly HistoryRow[],
): MigrationBundle {
  // Changed, missing and newer files: what is compared must be what ran.
  planRun(bundle, rows, { ahead: "refuse", outOfOrder: true });
  const half = rows.find(({ outcome }) => outcome === "running" || outcome === "failed");
  if (half !== undefined) {
    throw refused(
      `${half.name} is half done: it runs without a transaction and was interrupted`,
      "let `migrator up` finish it first",
    );
  }
  const base = rows
    .filter(({ outcome }) => outcome === "baseline")
    .map(({ name }) => name)
    .toSorted(compareVersions)
    .at(-1);
  const covered =
    base === undefined
      ? []
      : bundle.migrations.filter(({ name }) => compareVersions(name, base) <= 0);
  if (base !== undefined && covered.length === 0) {
    throw refused(
      `${base} is the baseline, and no file of this folder makes what it stands for`,
      `put a file ${base}.sql with the schema of that time into the folder (pg_dump --schema-only); it never runs on this database`,
    );
  }
  const applied = rows.flatMap((row): readonly BundledMigration[] => {
    if (row.outcome !== "applied") return [];
    const found = bundle.migrations.find(({ name }) => namesOf(row).includes(name));
    return found === undefined || covered.includes(found) ? [] : [found];
  });
  return { format: 1, migrations: [...covered, ...new Set(applied)] };
}

function refused(message: string, next: string): MigratorError {
  return new MigratorError("refused", message, { state: "nothing was changed", next });
}
