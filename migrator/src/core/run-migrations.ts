import type { BundledMigration, MigrationBundle, Phase } from "../bundle/types.ts";
import { applyMigration } from "./apply/apply-migration.ts";
import { prepareSession } from "./apply/prepare-session.ts";
import { explained } from "./connection/explained.ts";
import { type Session, withSession } from "./connection/session.ts";
import type { ConnectionSettings } from "./connection/settings.ts";
import type { EventListener } from "./events.ts";
import { orderOf } from "./history/bundle-order.ts";
import { type DatabaseState, readState } from "./history/database-state.ts";
import type { HistoryRow } from "./history/history-row.ts";
import { ensureHistory } from "./history/history-table.ts";
import { planRun, type RunPlan } from "./history/run-plan.ts";
import { assertUsable } from "./history/usable.ts";
import { MIGRATE_LOCK, withLock } from "./lock.ts";
import { type BaseRunOptions, contextOf } from "./run-context.ts";
import { RECONNECT_BUDGET, retryTransient } from "./transient-retry.ts";
import { WaitBudget } from "./wait-budget.ts";

/** How migrations are run. */
export interface RunOptions extends BaseRunOptions {
  readonly phase?: Phase;
  readonly ahead: "notice" | "refuse";
  readonly outOfOrder: boolean;
  /** Nothing newer than this version is applied. */
  readonly to?: string;
  /** Called once something is pending, before the lock; throws where nothing may be applied now. */
  readonly beforeApplying?: (
    session: Session,
    signal: AbortSignal,
    state: DatabaseState,
  ) => Promise<void>;
}

export interface AppliedMigration {
  readonly name: string;
  readonly milliseconds: number;
}

export interface RunResult {
  readonly database: string;
  /** What this run applied, in order. */
  readonly applied: readonly AppliedMigration[];
  /** The newest applied version afterwards; `null`: none. */
  readonly version: string | null;
  /** Names in the history that are newer than everything given. */
  readonly ahead: readonly string[];
}

/** Applies what is pending. Where nothing is, it takes no lock and sends one statement. */
export async function runMigrations(
  settings: ConnectionSettings,
  bundle: MigrationBundle,
  options: RunOptions,
): Promise<RunResult> {
  const applied: AppliedMigration[] = [];
  let inFlight: string | null = null;
  let told = false;
  let newDatabase: boolean | null = null;
  const { signal, onEvent, advice } = options;
  const order = orderOf(bundle);
  const waits = new WaitBudget(options.lockWaitSeconds);

  const { retries = 0 } = options;
  const bounds = { budgetSeconds: RECONNECT_BUDGET, waits, retries, signal, onEvent };
  return retryTransient(bounds, (outcome) =>
    withSession(settings, options.connectTimeoutSeconds, (session) =>
      explained(session.settings, async () => {
        const usable = (state: DatabaseState): void =>
          assertUsable(session, state, options.expectOwner);
        const first = await readState(session, usable);
        if (!told) onEvent(connected(session, first));
        told = true;
        usable(first);
        outcome.connected();
        newDatabase ??= rowsOf(first).length === 0;
        const rules = { ...options, newDatabase };
        const glance = planRun(bundle, rowsOf(first), rules);
        if (glance.pending.length === 0)
          return finish(settings, glance, applied, inFlight, onEvent);

        await options.beforeApplying?.(session, signal, first);
        const sessionSettings = await prepareSession(session, options.idleInTransactionSeconds);
        const waiting = { waits, signal, onEvent, advice };
        return withLock(session, MIGRATE_LOCK, waiting, async () => {
          // Whoever held the lock may have done all of it meanwhile.
          const state = await readState(session, usable);
          usable(state);
          const rows = rowsOf(state);
          const plan = planRun(bundle, rows, rules);
          if (plan.pending.length > 0) await ensureHistory(session, state.history, signal);
          let version = plan.last;
          const context = contextOf(session, options, {
            batch: nextBatch(rows),
            sessionSettings,
            waits,
            lastGood: () => version,
          });
          noteCommitted(plan.pending, inFlight, applied);
          inFlight = null;
          for (const migration of plan.pending) {
            signal.throwIfAborted();
            inFlight = migration.name;
            const begun = rows.find(({ name }) => name === migration.name);
            const milliseconds = await applyMigration(context, migration, begun);
            inFlight = null;
            outcome.progress();
            applied.push({ name: migration.name, milliseconds });
            version = order.newest([...(version === null ? [] : [version]), migration.name]);
          }
          return finish(settings, { ...plan, last: version }, applied, inFlight, onEvent);
        });
      }),
    ),
  );
}

/** A migration whose COMMIT was answered by a lost connection may be applied: the history tells. */
function noteCommitted(
  pending: readonly BundledMigration[],
  inFlight: string | null,
  applied: AppliedMigration[],
): void {
  if (inFlight === null || pending.some(({ name }) => name === inFlight)) return;
  applied.push({ name: inFlight, milliseconds: 0 });
}

function finish(
  settings: ConnectionSettings,
  plan: RunPlan,
  applied: AppliedMigration[],
  inFlight: string | null,
  onEvent: EventListener,
): RunResult {
  noteCommitted(plan.pending, inFlight, applied);
  if (plan.ahead.length > 0) {
    onEvent({
      event: "notice",
      message: `the database is ahead of this folder by ${plan.ahead.length}: ${plan.ahead.join(", ")}`,
    });
  }
  return { database: settings.database, applied, version: plan.last, ahead: plan.ahead };
}

function connected(session: Session, state: DatabaseState): Parameters<EventListener>[0] {
  const { host, port, database } = session.settings;
  return { event: "connected", host, port, database, role: state.role, server: state.server };
}

function rowsOf(state: DatabaseState): readonly HistoryRow[] {
  return state.history?.rows ?? [];
}

function nextBatch(rows: readonly HistoryRow[]): number {
  return rows.reduce((most, { batch }) => Math.max(most, batch), 0) + 1;
}
