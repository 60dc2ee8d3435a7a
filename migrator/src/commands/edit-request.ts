import type { MigrationBundle } from "../bundle/types.ts";
import { ENV } from "../contract.ts";
import { variable } from "../core/connection/connection-parts.ts";
import {
  editHistory,
  type EditContext,
  type EditOptions,
  type HistoryEdit,
} from "../core/edit-history.ts";
import { withStopSignal } from "../core/stop-signal.ts";
import { type ConnectionRequest, resolveConnection } from "./connection-request.ts";
import { loadMigrations } from "./migrations.ts";
import { DEFAULT_LOCK_WAIT, podOf } from "./run-request.ts";

/** What every command takes that changes the history without running a migration. */
export interface EditRequest extends ConnectionRequest {
  /** A folder, or migrations that are bundled already. */
  readonly migrations: string | MigrationBundle;
  /** Bound of the wait for the migration lock, in seconds; default 240. */
  readonly lockWaitSeconds?: number;
}

/** Resolves a request and changes the history as `plan` says. */
export async function edit(
  request: EditRequest,
  plan: (bundle: MigrationBundle, context: EditContext) => Promise<readonly HistoryEdit[]>,
): Promise<{ readonly database: string; readonly edits: readonly HistoryEdit[] }> {
  const { settings, env, connectTimeoutSeconds, onEvent } = resolveConnection(request);
  const bundle = await loadMigrations(request.migrations);
  const edits = await withStopSignal(request.signal, undefined, (signal) => {
    const options: EditOptions = {
      lockWaitSeconds: request.lockWaitSeconds ?? DEFAULT_LOCK_WAIT,
      connectTimeoutSeconds,
      gitCommit: variable(env, ENV.gitCommit) ?? null,
      pod: podOf(env),
      signal,
      onEvent,
    };
    return editHistory(settings, options, (context) => plan(bundle, context));
  });
  return { database: settings.database, edits };
}
