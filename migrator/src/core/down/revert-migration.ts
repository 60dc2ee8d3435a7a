import type { ApplyContext } from "../apply/apply-context.ts";
import { applyTypescript } from "../apply/apply-typescript.ts";
import { attempt } from "../apply/attempt.ts";
import { retryConflicts } from "../apply/conflict-retry.ts";
import { eventOf, text } from "../history/event-write.ts";
import { recordReverted, recordRevertedAlone } from "../history/history-write.ts";
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
  const { name, file } = way;
  context.onEvent({ event: "reverting", migration: name, file });
  const milliseconds = await attempt(context, way, "down", (began) =>
    revert(context, way, { allowDataLoss, began, detail }),
  );
  context.onEvent({ event: "reverted", migration: name, milliseconds });
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
  const guard = allowDataLoss ? undefined : lossGuard(client, way, way.transaction, context.advice);
  if (!way.transaction) {
    const record = recordRevertedAlone(event, context.run, `${text(began)}::timestamptz`);
    await revertStatements(context, way, record, guard);
    return;
  }
  const record = recordReverted(event, context.run, "pg_catalog.transaction_timestamp()");
  await retryConflicts(context, way.name, (number) =>
    way.kind === "sql"
      ? revertSql(context, way, record, number, guard)
      : applyTypescript(context, way, number, {
          function: "down",
          record,
          ...(guard === undefined ? {} : { before: guard }),
        }),
  );
}
