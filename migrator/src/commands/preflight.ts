import type { MigrationBundle, Phase } from "../bundle/types.ts";
import { explained } from "../core/connection/explained.ts";
import { ConnectionLost, type Session, withSession } from "../core/connection/session.ts";
import { addressOf } from "../core/connection/settings.ts";
import { type DatabaseState, readState } from "../core/history/database-state.ts";
import { planRun } from "../core/history/run-plan.ts";
import { assertUsable } from "../core/history/usable.ts";
import { MigratorError } from "../core/migrator-error.ts";
import { pause } from "../core/pause.ts";
import { withStopSignal } from "../core/stop-signal.ts";
import { type ConnectionRequest, resolveConnection } from "./connection-request.ts";
import type { HistoryChoice } from "../adopt/find-history.ts";
import { loadMigrations } from "./migrations.ts";
import { type Sealed, sealHistory } from "./seal-history.ts";

/** Tries and pauses of `wait`, where the caller sets none: a server gets a minute to come up. */
export const DEFAULT_TRIES = 30;
export const DEFAULT_INTERVAL = 2;

export interface PreflightRequest extends ConnectionRequest {
  /** Compared with the history; absent: nothing is said about pending migrations. */
  readonly migrations?: string | MigrationBundle;
  /** Only migrations of this phase count as pending; default: both. */
  readonly phase?: Phase;
  /** The current role must own the database; default `false`. */
  readonly expectOwner?: boolean;
  /** Another tool's history that nobody but its owner may write from then on; default: none. */
  readonly seal?: HistoryChoice;
  /** How often to connect; default 30. */
  readonly tries?: number;
  /** Pause between two tries, in seconds; default 2. */
  readonly intervalSeconds?: number;
  /** Bound of all tries, in seconds; default: none. */
  readonly withinSeconds?: number;
}

export interface PreflightResult {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  /** Version of the server. */
  readonly server: string;
  /** `current_user`. */
  readonly role: string;
  /** `session_user`. */
  readonly login: string;
  /** Whether `migration_history` exists. */
  readonly history: boolean;
  /** What was taken from whom on another tool's history. */
  readonly sealed: readonly Sealed[];
  /** The newest applied version; `null`: none. */
  readonly last: string | null;
  /** What `up` would apply; `null`: no migrations were given. */
  readonly pending: readonly string[] | null;
}

/**
 * Waits for the server and checks, without changing anything but the privileges that `seal` takes, that
 * `up` could work.
 *
 * @throws MigratorError: at once where waiting does not help, after the last try otherwise.
 */
export async function preflight(request: PreflightRequest): Promise<PreflightResult> {
  const { settings, connectTimeoutSeconds, onEvent } = resolveConnection(request);
  const bundle = request.migrations === undefined ? null : await loadMigrations(request.migrations);
  const tries = request.tries ?? DEFAULT_TRIES;
  const interval = request.intervalSeconds ?? DEFAULT_INTERVAL;
  return withStopSignal(request.signal, undefined, async (signal) => {
    const until = performance.now() + (request.withinSeconds ?? Infinity) * 1000;
    for (let attempt = 1; ; attempt += 1) {
      const left = Math.max(1, (until - performance.now()) / 1000);
      try {
        return await withSession(settings, Math.min(connectTimeoutSeconds, left), (session) =>
          explained(settings, () => look(session, bundle, request)),
        );
      } catch (error) {
        if (!(error instanceof ConnectionLost)) throw error;
        const over = performance.now() + interval * 1000 >= until;
        if (attempt >= tries || over) {
          throw new MigratorError(
            "connection",
            `${addressOf(settings)} did not answer (tries: ${attempt}, ${interval} s apart): ${error.message}`,
            error.details,
            { cause: error },
          );
        }
        const message = `try ${attempt} of ${tries}: ${error.message}`;
        onEvent({ event: "waiting", message, next: error.details.next ?? null });
        await pause(interval * 1000, signal);
      }
    }
  });
}

async function look(
  session: Session,
  bundle: MigrationBundle | null,
  { expectOwner = false, phase, seal }: Pick<PreflightRequest, "expectOwner" | "phase" | "seal">,
): Promise<PreflightResult> {
  const usable = (state: DatabaseState): void => assertUsable(session, state, expectOwner);
  const state = await readState(session, usable);
  usable(state);
  const sealed = seal === undefined ? [] : await sealHistory(session, seal);
  const rows = state.history?.rows ?? [];
  const rules = { ahead: "notice", outOfOrder: true } as const;
  // Refusals of the folder are `up`'s to report, with the options that `up` got.
  const plan = planRun(bundle ?? { format: 1, migrations: [] }, rows, rules);
  const pending = plan.pending.filter((entry) => phase === undefined || entry.phase === phase);
  const { host, port, database } = session.settings;
  return {
    host,
    port,
    database,
    server: state.server,
    role: state.role,
    login: state.login,
    history: state.history !== null,
    sealed,
    last: plan.last,
    pending: bundle === null ? null : pending.map(({ name }) => name),
  };
}
