import type { MigrationBundle, Phase } from "../bundle/types.ts";
import { explained } from "../core/connection/explained.ts";
import { withSession } from "../core/connection/session.ts";
import { readState } from "../core/history/database-state.ts";
import { type LastFailure, lastFailures } from "../core/history/last-failures.ts";
import { type RecordedMigration, recordedMigrations } from "../core/history/recorded-migrations.ts";
import { planRun } from "../core/history/run-plan.ts";
import { RECONNECT_BUDGET, retryTransient } from "../core/transient-retry.ts";
import { withStopSignal } from "../core/stop-signal.ts";
import { type ConnectionRequest, resolveConnection } from "./connection-request.ts";
import { loadMigrations } from "./migrations.ts";

export interface StatusRequest extends ConnectionRequest {
  /** A folder, or migrations that are bundled already. */
  readonly migrations: string | MigrationBundle;
  /** Only migrations of this phase; default: both. */
  readonly phase?: Phase;
}

export interface StatusResult {
  readonly database: string;
  /** Version of the server. */
  readonly server: string;
  /** `current_user`. */
  readonly role: string;
  /** The newest applied version; `null`: none. */
  readonly version: string | null;
  /** What the history records, oldest first: applied, withdrawn, half done. */
  readonly recorded: readonly RecordedMigration[];
  /** What of {@link pending} was tried, and failed. */
  readonly failures: readonly LastFailure[];
  /** What `up` would apply, in order. */
  readonly pending: readonly string[];
  /** Names in the history that are newer than everything given. */
  readonly ahead: readonly string[];
}

/**
 * Compares a folder with a database; changes nothing.
 *
 * @throws MigratorError of kind `refused` where `up` would refuse too.
 */
export async function status(request: StatusRequest): Promise<StatusResult> {
  const { settings, connectTimeoutSeconds, onEvent, advice } = resolveConnection(request);
  const bundle = await loadMigrations(request.migrations);
  return withStopSignal(request.signal, undefined, (signal) =>
    retryTransient({ budgetSeconds: RECONNECT_BUDGET, signal, onEvent }, () =>
      withSession(settings, connectTimeoutSeconds, (session) =>
        explained(settings, async () => {
          const state = await readState(session);
          const rows = state.history?.rows ?? [];
          const { phase } = request;
          const plan = planRun(bundle, rows, {
            ahead: "notice",
            outOfOrder: false,
            advice,
            ...(phase === undefined ? {} : { phase }),
          });
          const pending = plan.pending.map(({ name }) => name);
          return {
            database: settings.database,
            server: state.server,
            role: state.role,
            version: plan.last,
            recorded: recordedMigrations(bundle, rows, phase),
            failures: await lastFailures(session, state.history, pending),
            pending,
            ahead: plan.ahead,
          };
        }),
      ),
    ),
  );
}
