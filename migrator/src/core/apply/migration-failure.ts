import type { BundledMigration } from "../../bundle/types.ts";
import { EVENTS_TABLE, HISTORY_TABLE } from "../../contract.ts";
import { ConnectionLost } from "../connection/session.ts";
import { addressOf } from "../connection/settings.ts";
import { type FailureDetails, MigratorError } from "../migrator-error.ts";
import { driverError, isConnectionLost, SQLSTATE } from "../sqlstate.ts";
import { type ApplyContext, rolledBack } from "./apply-context.ts";

/** Where in a migration something failed. */
export interface FailurePlace {
  readonly line?: number;
  readonly statement?: string;
}

/** The error of a migration that failed, with the driver's as its cause. */
export function migrationFailure(
  context: ApplyContext,
  migration: BundledMigration,
  error: unknown,
  place: FailurePlace,
  state: string,
): MigratorError {
  if (isConnectionLost(error)) return connectionLost(context, error);
  const fields = driverError(error);
  const details: FailureDetails = {
    file: migration.file,
    ...place,
    ...(fields.code === undefined ? {} : { sqlstate: fields.code }),
    ...(fields.detail === undefined ? {} : { detail: fields.detail }),
    ...(fields.hint === undefined ? {} : { hint: fields.hint }),
    state,
    next: nextStep(context, fields.code),
  };
  return new MigratorError("migration", fields.message, details, { cause: error });
}

/**
 * The error of a connection that broke while a migration ran; a new one may go on. Not where the server
 * ended it because the migration left it idle: that would come out the same each time.
 */
export function connectionLost(context: ApplyContext, error: unknown): MigratorError {
  const { session, advice } = context;
  const said = driverError(session.lastError());
  if (said.code === SQLSTATE.idleInTransaction) {
    return new MigratorError(
      "migration",
      `the migration left its transaction idle for too long: ${said.message}`,
      {
        sqlstate: said.code,
        state: rolledBack(context),
        next: `do in it only what needs the database, or raise ${advice.idleInTransaction}; then ${advice.again}`,
      },
      { cause: error },
    );
  }
  return new ConnectionLost(
    "connection",
    `${addressOf(context.session.settings)}: the connection was lost: ${driverError(error).message}`,
    { next: `look at the server's log; ${context.advice.again}` },
    { cause: error },
  );
}

/** The error of a migration that ended the transaction that it runs in. */
export function transactionEnded(
  migration: BundledMigration,
  state: string,
  cause: unknown,
): MigratorError {
  return new MigratorError(
    "migration",
    "the migration ended its own transaction (COMMIT, END or ROLLBACK), so it is not recorded as applied",
    {
      file: migration.file,
      state,
      next: "take the COMMIT out; what cannot run in a transaction goes into a file of its own, marked no-transaction",
    },
    { cause },
  );
}

/** The history row was refused because the guard did not hold. */
export function isGuardFailure(error: unknown): boolean {
  const { code, table, column } = driverError(error);
  const ours = table === HISTORY_TABLE || table === EVENTS_TABLE;
  return code === SQLSTATE.notNullViolation && ours && column === "name";
}

function nextStep(context: ApplyContext, code: string | undefined): string {
  const { again, statementTimeout } = context.advice;
  switch (code) {
    case SQLSTATE.insufficientPrivilege:
      return `give the role what it lacks, or let the admin do it beforehand (an extension); then ${again}`;
    case SQLSTATE.queryCanceled:
      return context.signal.aborted
        ? again
        : `raise the bound of statements (${statementTimeout}, or \`set local statement_timeout = …\` in the file), then ${again}`;
    default:
      return `correct the file and ${again}`;
  }
}
