/** What a migration Job did, as `pulumi stack output migrations` lists it. */
export interface MigrationRun {
  /** Name of the database in Postgres. */
  readonly database: string;
  readonly phase: "expand" | "contract";
  /** The newest migration of the phase; `none` where there is none. */
  readonly version: string;
  readonly outcome: "done" | "failed" | "running" | "unknown";
  /** Migrations of the phase that are still to be applied; null: a Job that was not done can't tell. */
  readonly pending: number | null;
  /** Name of the Job in Kubernetes; null: it was left out of the update. */
  readonly job: string | null;
  /** When the Job began and ended, ISO 8601 in UTC; null: it has not, or failed. */
  readonly started: string | null;
  readonly completed: string | null;
  /** From the one to the other. */
  readonly seconds: number | null;
}

/** What is known of a Job's status. */
export interface RunStatus {
  readonly succeeded?: number;
  readonly failed?: number;
  readonly active?: number;
  readonly startTime?: string;
  readonly completionTime?: string;
}

/** What the program knows of a Job before it runs. */
export type RunFacts = Pick<MigrationRun, "database" | "phase" | "version">;

/** One row of the output. Nothing is known of a Job that the engine was told to leave out. */
export function describeRun(
  facts: RunFacts,
  job: string | undefined,
  status: RunStatus | undefined,
): MigrationRun {
  const { startTime = null, completionTime = null } = status ?? {};
  const outcome = outcomeOf(status ?? {});
  return {
    ...facts,
    outcome,
    pending: outcome === "done" ? 0 : null,
    job: job ?? null,
    started: startTime,
    completed: completionTime,
    seconds:
      startTime === null || completionTime === null
        ? null
        : Math.round((Date.parse(completionTime) - Date.parse(startTime)) / 1000),
  };
}

function outcomeOf({ succeeded = 0, failed = 0, active = 0 }: RunStatus): MigrationRun["outcome"] {
  if (succeeded >= 1) return "done";
  if (failed >= 1) return "failed";
  return active >= 1 ? "running" : "unknown";
}
