import type { BundledMigration } from "../../bundle/types.ts";
import { type SimpleResult, sendSimple } from "../connection/simple-query.ts";
import { recordApplied, SET_GUARD } from "../history/history-write.ts";
import type { MigratorError } from "../migrator-error.ts";
import { driverError, isConnectionLost } from "../sqlstate.ts";
import { type ApplyContext, resetSession, rolledBack } from "./apply-context.ts";
import { lockTimeout } from "./conflict-retry.ts";
import { guardFailure } from "./lock-given-up.ts";
import { connectionLost, isGuardFailure, migrationFailure } from "./migration-failure.ts";
import { BEGINNING } from "./running-place.ts";
import { lineOfPosition } from "./source-position.ts";
import { outcomeOf } from "./transaction-outcome.ts";

/** Of a file that was sent as one message: what follows its last COMMIT is undone with the record. */
const COMMITTED =
  "the file holds a COMMIT: what stood before its last one is in the database, what came after is not";

/** Statements of {@link beginning}. */
const BEFORE = 3;

/** How every transaction of the runner begins. */
export function beginning(context: ApplyContext, attempt: number): string {
  const { statementTimeoutSeconds } = context;
  const bound =
    statementTimeoutSeconds === null
      ? ""
      : `,pg_catalog.set_config('statement_timeout', '${Math.round(statementTimeoutSeconds * 1000)}', true)`;
  return `${BEGINNING}'${lockTimeout(attempt)}ms';${SET_GUARD}${bound};\n`;
}

/**
 * Applies a SQL migration: transaction, file and history row in one message, so that a network adds one
 * round trip and not one for each statement.
 *
 * @throws MigratorError with file, line and the state of the database; ConnectionLost.
 */
export async function applySql(
  context: ApplyContext,
  migration: BundledMigration,
  attempt: number,
): Promise<void> {
  const { client } = context.session;
  const before = beginning(context, attempt);
  // The line feed ends a comment that the file may end with, the semicolon its last statement.
  const after = `\n;${recordApplied(migration, context.run)};commit;${resetSession(context)}`;
  const result = await sendSimple(client, before + migration.up + after);
  if (!("error" in result)) return;
  if (isConnectionLost(result.error)) throw connectionLost(context, result.error);
  throw await explain(context, migration, result, before);
}

async function explain(
  context: ApplyContext,
  migration: BundledMigration,
  result: SimpleResult,
  before: string,
): Promise<MigratorError> {
  const committed = (await outcomeOf(context, result.firstRow)) === "committed";
  const ended = committed ? COMMITTED : null;
  if (isGuardFailure(result.error)) return guardFailure(context, migration, ended, result.error);
  const { position } = driverError(result.error);
  const line =
    position === undefined
      ? migration.statements[result.completed - BEFORE]?.line
      : lineOfPosition(before, migration.up, Number(position));
  const state = committed ? COMMITTED : rolledBack(context);
  return migrationFailure(
    context,
    migration,
    result.error,
    line === undefined ? {} : { line },
    state,
  );
}
