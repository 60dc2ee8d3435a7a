import type { ApplyContext } from "../apply/apply-context.ts";
import { applyTypescript } from "../apply/apply-typescript.ts";
import { retryConflicts } from "../apply/conflict-retry.ts";
import { reportProgress } from "../apply/progress-watch.ts";
import { recordFailure } from "../apply/record-failure.ts";
import { cancelledBy } from "../connection/cancel.ts";
import { ConnectionLost } from "../connection/session.ts";
import { eventOf, text } from "../history/event-write.ts";
import { recordReverted, recordRevertedAlone } from "../history/history-write.ts";
import { MigratorError } from "../migrator-error.ts";
import { lossGuard } from "./loss-guard.ts";
import { revertSql, revertStatements } from "./revert-sql.ts";
import type { WayDown } from "./way-down.ts";

/**
 * Undoes one migration and logs it.
 *
 * @param detail of the log's line: the order that is carried out; `null`: none.
 * @returns how long it took, in milliseconds.
 * @throws MigratorError: of kind `refused` where it would lose data that nobody allowed it to lose.
 */
export async function revertMigration(
  context: ApplyContext,
  way: WayDown,
  allowDataLoss: boolean,
  detail: string | null = null,
): Promise<number> {
  const { session, signal, onEvent } = context;
  const { name, file } = way;
  onEvent({ event: "reverting", migration: name, file });
  const started = performance.now();
  const began = new Date().toISOString();
  try {
    await cancelledBy(session, signal, onEvent, () =>
      reportProgress(context, name, () => revert(context, way, { allowDataLoss, began, detail })),
    );
  } catch (error) {
    const failure = signal.aborted ? stopped(context, error, way) : error;
    if (failure instanceof MigratorError && !(failure instanceof ConnectionLost)) {
      onEvent({ event: "failed", migration: name, message: failure.message });
      const { phase, checksum } = way;
      await recordFailure(context, { name, direction: "down", phase, checksum }, failure, began);
    }
    throw failure;
  }
  const milliseconds = Math.round(performance.now() - started);
  onEvent({ event: "reverted", migration: name, milliseconds });
  return milliseconds;
}

async function revert(
  context: ApplyContext,
  way: WayDown,
  {
    allowDataLoss,
    began,
    detail,
  }: {
    readonly allowDataLoss: boolean;
    readonly began: string;
    readonly detail: string | null;
  },
): Promise<void> {
  const { client } = context.session;
  const event = eventOf(way, "down", "done", detail);
  const guard = allowDataLoss ? undefined : lossGuard(client, way, way.transaction);
  if (!way.transaction) {
    const record = recordRevertedAlone(event, context.run, `${text(began)}::timestamptz`);
    await revertStatements(context, way, record, guard);
    return;
  }
  const record = recordReverted(event, context.run, "pg_catalog.transaction_timestamp()");
  await retryConflicts(context, way.name, (attempt) =>
    way.kind === "sql"
      ? revertSql(context, way, record, attempt, guard)
      : applyTypescript(context, way, attempt, {
          function: "down",
          record,
          ...(guard === undefined ? {} : { before: guard }),
        }),
  );
}

function stopped(context: ApplyContext, error: unknown, way: WayDown): unknown {
  const reason: unknown = context.signal.reason;
  if (!(reason instanceof MigratorError)) return error;
  const state = way.transaction
    ? "rolled back; nothing is half done"
    : "the statement in flight was cancelled; finished statements stay";
  return new MigratorError(
    reason.kind,
    reason.message,
    { file: way.file, state, next: reason.details.next ?? context.advice.again },
    { cause: error },
  );
}
