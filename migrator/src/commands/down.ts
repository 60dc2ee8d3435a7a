import type { MigrationBundle } from "../bundle/types.ts";
import { ENV } from "../contract.ts";
import { variable } from "../core/connection/connection-parts.ts";
import { DEFAULT_PROGRESS_SECONDS } from "../core/apply/progress-watch.ts";
import type { DownChoice } from "../core/down/choose-rows.ts";
import { type DownResult, runDown } from "../core/run-down.ts";
import { withStopSignal } from "../core/stop-signal.ts";
import { type ConnectionRequest, resolveConnection } from "./connection-request.ts";
import { loadMigrations } from "./migrations.ts";
import { defaultLockWait, podOf } from "./up.ts";

export interface DownRequest extends ConnectionRequest {
  /** Where a way down is looked for that the history lacks; default: nowhere. */
  readonly migrations?: string | MigrationBundle;
  /** What is undone; default: the migration that was applied last. */
  readonly choice?: DownChoice;
  /** Data may be lost; default `false`: a way down that loses some is refused. */
  readonly allowDataLoss?: boolean;
  /** The current role must own the database; default `false`. */
  readonly expectOwner?: boolean;
  /** As in `migrate`, in seconds; default 240. */
  readonly lockWaitSeconds?: number;
  /** Bound of each statement in a transaction, in seconds; default: the server's. */
  readonly statementTimeoutSeconds?: number;
  /** How long it says what it will do before it does it, in seconds; default 0. */
  readonly delaySeconds?: number;
  /**
   * Name of an order to undo the last batch. Carried out again under the same name it undoes what is left
   * of that batch and nothing more; default: each run is an order of its own.
   */
  readonly order?: string;
  /** Only refuse what would be refused; default `false`. */
  readonly dryRun?: boolean;
  /** Bound of the whole run, in seconds; default: none. */
  readonly deadlineSeconds?: number;
}

/**
 * Undoes migrations by the ways down that were kept when they were applied.
 *
 * @throws MigratorError
 */
export async function down(request: DownRequest): Promise<DownResult> {
  const { settings, env, connectTimeoutSeconds, onEvent, advice } = resolveConnection(request);
  const bundle = request.migrations === undefined ? null : await loadMigrations(request.migrations);
  return withStopSignal(
    request.signal,
    request.deadlineSeconds,
    (signal) =>
      runDown(settings, bundle, {
        choice: request.choice ?? { steps: 1 },
        allowDataLoss: request.allowDataLoss ?? false,
        delaySeconds: request.delaySeconds ?? 0,
        order: request.order ?? null,
        dryRun: request.dryRun ?? false,
        expectOwner: request.expectOwner ?? false,
        lockWaitSeconds: request.lockWaitSeconds ?? defaultLockWait(request.deadlineSeconds),
        statementTimeoutSeconds: request.statementTimeoutSeconds ?? null,
        progressSeconds: DEFAULT_PROGRESS_SECONDS,
        connectTimeoutSeconds,
        gitCommit: variable(env, ENV.gitCommit) ?? null,
        pod: podOf(env),
        signal,
        onEvent,
        advice,
      }),
    advice,
  );
}
