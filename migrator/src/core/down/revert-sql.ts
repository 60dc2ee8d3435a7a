import type { ApplyContext } from "../apply/apply-context.ts";
import { resetSession, rolledBack } from "../apply/apply-context.ts";
import { beginning } from "../apply/apply-sql.ts";
import { retryConflicts } from "../apply/conflict-retry.ts";
import { assertHeld, guardFailure } from "../apply/lock-given-up.ts";
import { connectionLost, isGuardFailure, migrationFailure } from "../apply/migration-failure.ts";
import { lineOfPosition } from "../apply/source-position.ts";
import { boundsOf } from "../apply/statement-bounds.ts";
import { outcomeOf } from "../apply/transaction-outcome.ts";
import { rollBack } from "../connection/roll-back.ts";
import { sendSimple } from "../connection/simple-query.ts";
import type { StatementRange } from "../../bundle/types.ts";
import { MigratorError } from "../migrator-error.ts";
import { driverError, isConnectionLost } from "../sqlstate.ts";
import type { LossGuard } from "./loss-guard.ts";
import type { WayDown } from "./way-down.ts";

/** Of a file whose statements are sent one by one: behind its COMMIT each was for good. */
const COMMITTED =
  "the file holds a COMMIT: what it did is in the database, but for the statement that failed; the history still has it as applied";

/**
 * Runs a way down in SQL in one transaction with the row that leaves the history. Statement by
 * statement, as each is looked at under the conditions that it will run in.
 *
 * @param guard absent: losing data is allowed
 */
export async function revertSql(
  context: ApplyContext,
  way: WayDown,
  record: string,
  attempt: number,
  guard: LossGuard | undefined,
): Promise<void> {
  const { client } = context.session;
  const begun = await sendSimple(client, beginning(context, attempt));
  if ("error" in begun) throw migrationFailure(context, way, begun.error, {}, "nothing was run");
  let line: number | undefined;
  try {
    for (const range of way.statements) {
      ({ line } = range);
      const statement = way.up.slice(range.start, range.end);
      await guard?.(statement);
      const result = await sendSimple(client, statement);
      if (!("error" in result)) continue;
      line = lineOf(range, statement, result.error);
      throw result.error;
    }
    const end = await sendSimple(client, `${record};commit;${resetSession(context)}`);
    if ("error" in end) throw end.error;
  } catch (error) {
    if (isConnectionLost(error)) throw connectionLost(context, error);
    const committed = (await outcomeOf(context, begun.firstRow)) === "committed";
    if (isGuardFailure(error)) {
      throw await guardFailure(context, way, committed ? COMMITTED : null, error);
    }
    if (error instanceof MigratorError) throw error;
    const state = committed ? COMMITTED : rolledBack(context);
    throw migrationFailure(context, way, error, line === undefined ? {} : { line }, state);
  }
}

/** Runs a way down that cannot run in a transaction; the row leaves the history after its last statement. */
export async function revertStatements(
  context: ApplyContext,
  way: WayDown,
  record: string,
  guard: LossGuard | undefined,
): Promise<void> {
  const { client } = context.session;
  try {
    for (const [done, range] of way.statements.entries()) {
      const statement = way.up.slice(range.start, range.end);
      await guard?.(statement);
      await retryConflicts(context, way.name, async (attempt) => {
        await client.query(boundsOf(context, statement, attempt));
        const result = await sendSimple(client, statement);
        if (!("error" in result)) return;
        const state = `${done} of its ${way.statements.length} statements ${done === 1 ? "is finished and stays" : "are finished and stay"}; the history still has ${way.name} as applied`;
        const place = { line: lineOf(range, statement, result.error) };
        throw migrationFailure(context, way, result.error, place, state);
      });
    }
    const { rows } = await client.query(record);
    await client.query(resetSession(context));
    assertHeld(context, way, rows, "it is undone and recorded; nothing after it was run");
  } catch (error) {
    if (isConnectionLost(error)) throw connectionLost(context, error);
    await rollBack(client).catch(() => undefined);
    throw error;
  }
}

function lineOf(range: StatementRange, statement: string, error: unknown): number {
  const { position } = driverError(error);
  if (position === undefined) return range.line;
  return range.line + lineOfPosition("", statement, Number(position)) - 1;
}
