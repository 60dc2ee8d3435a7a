import type { Advice } from "../advice.ts";
import type { Session } from "../connection/session.ts";
import type { History } from "../history/database-state.ts";
import { EVENTS } from "../history/events-table.ts";
import type { HistoryRow } from "../history/history-row.ts";
import { chooseRows, type DownChoice } from "./choose-rows.ts";

/**
 * What the log says of a migration that an order undid, so that the same order knows itself again:
 * "the last batch" is another one after each run.
 */
export function orderDetail(order: string | null, chosen: readonly HistoryRow[]): string | null {
  if (order === null) return null;
  const batch = chosen.reduce((most, row) => Math.max(most, row.batch), 0);
  return `${detailOf(order)}${batch}`;
}

/** What is to be undone, under which name, and in which words a refusal advises. */
export interface Order {
  readonly choice: DownChoice;
  readonly order: string;
  readonly advice: Advice;
}

/**
 * The rows to undo of an order that may have been begun or carried out: then what is left of the batch
 * that it began with, and never of an older one.
 */
export async function chooseByOrder(
  session: Session,
  history: History | null,
  { choice, order, advice }: Order,
): Promise<readonly HistoryRow[]> {
  const rows = history?.rows ?? [];
  if (!("lastBatch" in choice)) return chooseRows(rows, choice, advice);
  const begun = history?.writeFormat == null ? null : await batchOf(session, order);
  if (begun === null) return chooseRows(rows, choice, advice);
  return chooseRows(
    rows.filter(({ batch }) => batch === begun),
    choice,
    advice,
  );
}

/** The batch that an order began to undo; `null`: it has undone nothing yet. */
async function batchOf(session: Session, order: string): Promise<number | null> {
  const { rows } = await session.client.query<{ detail: string }>(
    `select detail from ${EVENTS}
      where direction = 'down' and outcome = 'done' and pg_catalog.starts_with(detail, $1)`,
    [detailOf(order)],
  );
  const [row] = rows;
  return row === undefined ? null : Number(row.detail.slice(detailOf(order).length));
}

function detailOf(order: string): string {
  return `order ${order}, batch `;
}
