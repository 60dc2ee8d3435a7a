import { explained } from "../core/connection/explained.ts";
import { withSession } from "../core/connection/session.ts";
import { readState } from "../core/history/database-state.ts";
import type { HistoryRow } from "../core/history/history-row.ts";
import { RECONNECT_BUDGET, retryTransient } from "../core/transient-retry.ts";
import { withStopSignal } from "../core/stop-signal.ts";
import { type ConnectionRequest, resolveConnection } from "./connection-request.ts";

/** What was applied, oldest first; empty where there is no history yet. */
export async function history(request: ConnectionRequest): Promise<readonly HistoryRow[]> {
  const { settings, connectTimeoutSeconds, onEvent } = resolveConnection(request);
  return withStopSignal(request.signal, undefined, (signal) =>
    retryTransient({ budgetSeconds: RECONNECT_BUDGET, signal, onEvent }, () =>
      withSession(settings, connectTimeoutSeconds, (session) =>
        explained(settings, async () => (await readState(session)).history?.rows ?? []),
      ),
    ),
  );
}
