import { explained } from "./connection/explained.ts";
import { type Session, withSession } from "./connection/session.ts";
import type { ConnectionSettings } from "./connection/settings.ts";
import { readState } from "./history/database-state.ts";
import { type HistoryEvent, recordEvent, type RunIdentity } from "./history/event-write.ts";
import type { HistoryRow } from "./history/history-row.ts";
import { ensureHistory } from "./history/history-table.ts";
import { assertUsable } from "./history/usable.ts";
import { MIGRATE_LOCK, withLock } from "./lock.ts";
import type { BaseRunOptions } from "./run-context.ts";
import { RECONNECT_BUDGET, retryTransient } from "./transient-retry.ts";
import { WaitBudget } from "./wait-budget.ts";

export type EditOptions = Pick<
  BaseRunOptions,
  "lockWaitSeconds" | "connectTimeoutSeconds" | "gitCommit" | "pod" | "signal" | "onEvent"
>;

/** One change of the history and its line in the log. */
export interface HistoryEdit {
  /** SQL that changes `migration_history`. */
  readonly statement: string;
  readonly event: HistoryEvent;
}

/** What a change of the history may look at. */
export interface EditContext {
  readonly session: Session;
  readonly rows: readonly HistoryRow[];
  readonly run: RunIdentity;
}

/**
 * Changes the history without running a migration: under the migration lock, all in one transaction,
 * each change with its line in the log.
 *
 * @param plan says what changes, or throws; nothing is written where it names nothing.
 */
export async function editHistory(
  settings: ConnectionSettings,
  options: EditOptions,
  plan: (context: EditContext) => Promise<readonly HistoryEdit[]>,
): Promise<readonly HistoryEdit[]> {
  const { signal, onEvent, lockWaitSeconds, gitCommit, pod } = options;
  return retryTransient({ budgetSeconds: RECONNECT_BUDGET, signal, onEvent }, () =>
    withSession(settings, options.connectTimeoutSeconds, (session) =>
      explained(settings, async () => {
        assertUsable(session, await readState(session), false);
        const waiting = { waits: new WaitBudget(lockWaitSeconds), signal, onEvent };
        return withLock(session, MIGRATE_LOCK, waiting, async () => {
          const { history } = await readState(session);
          const rows = history?.rows ?? [];
          const batch = rows.reduce((most, row) => Math.max(most, row.batch), 0) + 1;
          const run = { batch, gitCommit, pod };
          const edits = await plan({ session, rows, run });
          if (edits.length === 0) return edits;
          await ensureHistory(session, history, signal);
          const statements = edits.flatMap(({ statement, event }) => [
            statement,
            recordEvent(event, run, "pg_catalog.transaction_timestamp()"),
          ]);
          try {
            await session.client.query(`begin;${statements.join(";\n")};commit;`);
          } catch (error) {
            await session.client.query("rollback").catch(() => undefined);
            throw error;
          }
          return edits;
        });
      }),
    ),
  );
}
