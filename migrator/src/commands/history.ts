import { explained } from "../core/connection/explained.ts";
import { withSession } from "../core/connection/session.ts";
import { readState } from "../core/history/database-state.ts";
import { type LoggedEvent, readEvents } from "../core/history/read-events.ts";
import { RECONNECT_BUDGET, retryTransient } from "../core/transient-retry.ts";
import { withStopSignal } from "../core/stop-signal.ts";
import { type ConnectionRequest, resolveConnection } from "./connection-request.ts";

/** What was done, oldest first, failures included; empty where there is no history yet. */
export async function history(request: ConnectionRequest): Promise<readonly LoggedEvent[]> {
  const { settings, connectTimeoutSeconds, onEvent } = resolveConnection(request);
  return withStopSignal(request.signal, undefined, (signal) =>
    retryTransient({ budgetSeconds: RECONNECT_BUDGET, signal, onEvent }, () =>
      withSession(settings, connectTimeoutSeconds, (session) =>
        explained(settings, async () => readEvents(session, (await readState(session)).history)),
      ),
    ),
  );
}
