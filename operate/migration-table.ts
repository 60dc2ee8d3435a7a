import type { MigrationRun } from "../components/migration-run.ts";

const HEAD = ["DATABASE", "PHASE", "VERSION", "OUTCOME", "PENDING", "WHEN (UTC)", "TOOK", "JOB"];

/** The output `migrations` as a table for people: one line a Job, columns as wide as what is in them. */
export function migrationTable(runs: readonly MigrationRun[]): string {
  const rows = [HEAD, ...runs.map(rowOf)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function rowOf(run: MigrationRun): string[] {
  return [
    run.database,
    run.phase,
    run.version,
    run.outcome,
    run.pending === null ? "?" : String(run.pending),
    run.started === null ? "-" : run.started.replace("T", " ").replace(/(\.\d+)?Z$/, ""),
    run.seconds === null ? "-" : `${run.seconds} s`,
    run.job ?? "-",
  ];
}
