import { findHistories } from "../adopt/find-history.ts";
import type { Advice } from "../core/advice.ts";
import type { Session } from "../core/connection/session.ts";
import type { DatabaseState } from "../core/history/database-state.ts";
import { EVENTS } from "../core/history/events-table.ts";
import { MigratorError } from "../core/migrator-error.ts";

/**
 * Stops the first run on a database that another tool has migrated: by an empty history of our own all
 * files are pending, and what they did would be done again, at worst without an error (`INSERT`,
 * `UPDATE`, `IF NOT EXISTS`). Once something is recorded nobody looks any more, so that a run without
 * anything to do costs nothing.
 *
 * @throws MigratorError of kind `refused` that names the tool's table.
 */
export async function assertNoOtherHistory(
  session: Session,
  { history }: DatabaseState,
  advice: Advice,
): Promise<void> {
  if ((history?.rows ?? []).length > 0) return;
  if (history !== null && history.writeFormat !== null && (await wasUsed(session))) return;
  const found = await findHistories(session);
  const told = found.filter(({ entries, problems }) => entries.length + problems.length > 0);
  if (told.length === 0) return;
  const each = told.map(
    ({ table, tool, entries }) =>
      `${table} of ${tool} has ${entries.length === 1 ? "1 entry" : `${entries.length} entries`}`,
  );
  throw new MigratorError(
    "refused",
    `another tool has migrated this database, and nothing of it is in migration_history: ${each.join("; ")}; every file would run again`,
    { state: "nothing was changed", next: advice.otherHistory },
  );
}

/** A history that `down` has emptied is not a new one, and the old tool's table is still there. */
async function wasUsed({ client }: Session): Promise<boolean> {
  const { rows } = await client.query(`select 1 from ${EVENTS} where outcome = 'done' limit 1`);
  return rows.length > 0;
}
