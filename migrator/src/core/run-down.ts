import type { MigrationBundle } from "../bundle/types.ts";
import { prepareSession } from "./apply/prepare-session.ts";
import { explained } from "./connection/explained.ts";
import { withSession } from "./connection/session.ts";
import type { ConnectionSettings } from "./connection/settings.ts";
import { announce } from "./down/announce.ts";
import { chooseRows, type DownChoice } from "./down/choose-rows.ts";
import { findLosses, lossRefusal } from "./down/loss-guard.ts";
import { chooseByOrder, orderDetail } from "./down/order.ts";
import { revertMigration } from "./down/revert-migration.ts";
import { waysDown } from "./down/way-down.ts";
import { type BundleOrder, orderOf } from "./history/bundle-order.ts";
import { type DatabaseState, readState } from "./history/database-state.ts";
import type { HistoryRow } from "./history/history-row.ts";
import { ensureHistory } from "./history/history-table.ts";
import { assertUsable } from "./history/usable.ts";
import { MIGRATE_LOCK, withLock } from "./lock.ts";
import { type BaseRunOptions, contextOf } from "./run-context.ts";
import type { AppliedMigration } from "./run-migrations.ts";
import { RECONNECT_BUDGET, retryTransient } from "./transient-retry.ts";
import { WaitBudget } from "./wait-budget.ts";

/** How migrations are undone. */
export interface DownOptions extends BaseRunOptions {
  readonly choice: DownChoice;
  readonly allowDataLoss: boolean;
  /** How long it says what it will do before it does it, in seconds; 0: not at all. */
  readonly delaySeconds: number;
  /** Name of the order that this run carries out; run again, it undoes nothing more. `null`: none. */
  readonly order: string | null;
  /** Only refuses what would be refused. */
  readonly dryRun: boolean;
}

export interface DownResult {
  readonly database: string;
  /** What this run undid, in order. */
  readonly reverted: readonly AppliedMigration[];
  /** The newest version that is applied afterwards; `null`: none. */
  readonly version: string | null;
}

/**
 * Undoes what is chosen, each migration in its own transaction, one run at a time.
 *
 * @param bundle where a way down is looked for that the history lacks; `null`: nowhere.
 * @throws MigratorError that names the migration and the way out.
 */
export async function runDown(
  settings: ConnectionSettings,
  bundle: MigrationBundle | null,
  options: DownOptions,
): Promise<DownResult> {
  const reverted: AppliedMigration[] = [];
  // Chosen once: after a lost connection "the last 2" must not mean two others.
  let names: readonly string[] | null = null;
  let inFlight: string | null = null;
  let detail: string | null = null;
  let announced = false;
  const { signal, onEvent, advice } = options;
  const waits = new WaitBudget(options.lockWaitSeconds);
  const order = orderOf(bundle ?? { format: 1, migrations: [] });
  return retryTransient({ budgetSeconds: RECONNECT_BUDGET, waits, signal, onEvent }, (outcome) =>
    withSession(settings, options.connectTimeoutSeconds, (session) =>
      explained(settings, async () => {
        const usable = (state: DatabaseState): void =>
          assertUsable(session, state, options.expectOwner);
        usable(await readState(session, usable));
        outcome.connected();
        const sessionSettings = await prepareSession(session, options.idleInTransactionSeconds);
        const waiting = { waits, signal, onEvent, advice };
        return withLock(session, MIGRATE_LOCK, waiting, async () => {
          const { history } = await readState(session, usable);
          let rows = history?.rows ?? [];
          const chosen =
            names !== null
              ? rows.filter(({ name }) => names?.includes(name)).toReversed()
              : options.order === null
                ? chooseRows(rows, options.choice, advice)
                : await chooseByOrder(session, history, { ...options, order: options.order });
          names ??= chosen.map(({ name }) => name);
          // A COMMIT was answered by a lost connection: the history tells whether it was done.
          if (inFlight !== null && !rows.some(({ name }) => name === inFlight)) {
            reverted.push({ name: inFlight, milliseconds: 0 });
          }
          inFlight = null;
          detail ??= orderDetail(options.order, chosen);
          const done = (): DownResult => ({
            database: settings.database,
            reverted,
            version: newestIn(rows, order),
          });
          if (chosen.length === 0) return done();
          await ensureHistory(session, history, signal);
          const ways = await waysDown(session, chosen, bundle, advice);
          const losses = await findLosses(session.client, ways);
          if (!options.allowDataLoss && losses.length > 0) throw lossRefusal(losses, advice);
          if (!announced) {
            const version = newestIn(rows, order);
            await announce({ ...options, version, applied: rows.length, ways, losses });
          }
          announced = true;
          if (options.dryRun) return done();
          const context = contextOf(session, options, {
            batch: rows.reduce((most, { batch }) => Math.max(most, batch), 0),
            sessionSettings,
            waits,
            lastGood: () => newestIn(rows, order),
          });
          for (const way of ways) {
            signal.throwIfAborted();
            inFlight = way.name;
            const milliseconds = await revertMigration(context, way, options.allowDataLoss, detail);
            inFlight = null;
            outcome.progress();
            reverted.push({ name: way.name, milliseconds });
            rows = rows.filter(({ name }) => name !== way.name);
          }
          const at = newestIn(rows, order) ?? "no version";
          onEvent({ event: "notice", message: `after: at ${at}, ${rows.length} in the history` });
          return done();
        });
      }),
    ),
  );
}

function newestIn(rows: readonly HistoryRow[], order: BundleOrder): string | null {
  return order.newest(rows.filter(({ outcome }) => outcome !== "withdrawn").map(order.nameOf));
}
