/**
 * Why a command could not do what was asked:
 * - `usage`: wrong options, settings, plan or folder; nothing was touched (exit code 2);
 * - `refused`: the database and the folder do not fit together, or somebody could forge the history;
 * - `connection`: the server was not reached, or did not let us in;
 * - `locked`: somebody else held a lock for too long;
 * - `migration`: a migration failed;
 * - `stopped`: a signal or the deadline ended the run;
 * - `bootstrap`: roles, database or privileges are not as the plan says;
 * - `gate`: the schema did not arrive in time.
 */
export type FailureKind =
  | "usage"
  | "refused"
  | "connection"
  | "locked"
  | "migration"
  | "stopped"
  | "bootstrap"
  | "gate";

/** What is known about a failure besides its message; each is printed on a line of its own. */
export interface FailureDetails {
  /** The migration's file, relative to its folder. */
  readonly file?: string;
  /** Line in that file, from 1. */
  readonly line?: number;
  readonly sqlstate?: string;
  /** Start of the statement that failed, where there is no line for it. */
  readonly statement?: string;
  readonly detail?: string;
  readonly hint?: string;
  /** Who held the lock that was waited for. */
  readonly blocker?: string;
  /** The state that the database is in now. */
  readonly state?: string;
  /** What to do next, a command where there is one. */
  readonly next?: string;
}

/** A failure that its reader can do something about; printed without a stack. */
export class MigratorError extends Error {
  override readonly name = "MigratorError";
  readonly kind: FailureKind;
  readonly details: FailureDetails;

  constructor(
    kind: FailureKind,
    message: string,
    details: FailureDetails = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.kind = kind;
    this.details = details;
  }
}

/** The text of anything thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") {
    // A host with several addresses: Node reports one error for each and none for the whole.
    return error.errors.map(messageOf).join("; ");
  }
  return error instanceof Error ? error.message : String(error);
}

/** Several mistakes as one usage error, so that the reader fixes them in one go. */
export function usageError(subject: string, problems: readonly string[]): MigratorError {
  const [first] = problems;
  return new MigratorError(
    "usage",
    problems.length === 1 && first !== undefined
      ? `${subject}: ${first}`
      : `${subject}:\n${problems.map((problem) => `- ${problem}`).join("\n")}`,
  );
}
