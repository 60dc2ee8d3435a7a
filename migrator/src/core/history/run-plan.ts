import type { BundledMigration, MigrationBundle, Phase } from "../../bundle/types.ts";
import type { Advice } from "../advice.ts";
import { orderOf } from "./bundle-order.ts";
import { type HistoryRow, isDone, namesOf } from "./history-row.ts";
import { type Compared, refuseWhatDoesNotFit } from "./run-refusals.ts";

/** What a run may do. */
export interface PlanRules {
  /** Only migrations of this phase; absent: of both, in the order of their versions. */
  readonly phase?: Phase;
  /** What it means that the history knows newer migrations than the folder. */
  readonly ahead: "notice" | "refuse";
  /** Migrations older than the newest applied one may be applied. */
  readonly outOfOrder: boolean;
  /** Nothing newer than this version is applied; absent: everything is. */
  readonly to?: string;
  /** The database was new when the run began, of which it may be the second try; default: the history is empty. */
  readonly newDatabase?: boolean;
  /** Default: the runner's own words. */
  readonly advice?: Advice;
}

export interface RunPlan {
  /** What is to be applied, in order; a no-transaction file that was begun is among them. */
  readonly pending: readonly BundledMigration[];
  /** Newest version that is applied, of those that the folder knows or not; `null` where none is. */
  readonly last: string | null;
  /** Names in the history that are newer than everything in the folder. */
  readonly ahead: readonly string[];
}

/**
 * Compares the folder with the history.
 *
 * @throws MigratorError of kind `refused` that names every file that does not fit, and the way out.
 */
export function planRun(
  bundle: MigrationBundle,
  history: readonly HistoryRow[],
  rules: PlanRules,
): RunPlan {
  const compared = compare(bundle, history, rules);
  refuseWhatDoesNotFit(compared, rules);
  const { order, pending, ahead } = compared;
  return {
    pending,
    last: order.newest(history.filter(isDone).map(order.nameOf)),
    ahead: ahead.map(({ name }) => name),
  };
}

function compare(
  bundle: MigrationBundle,
  history: readonly HistoryRow[],
  rules: PlanRules,
): Compared {
  const order = orderOf(bundle);
  const known = new Map(history.flatMap((row) => namesOf(row).map((name) => [name, row] as const)));
  const baseline = order.newest(
    history.filter(({ outcome }) => outcome === "baseline").map(order.nameOf),
  );
  const waiting = bundle.migrations.filter((migration) => {
    const row = known.get(migration.name);
    if (row !== undefined) return row.outcome === "running" || row.outcome === "failed";
    return baseline === null || order.compare(migration.name, baseline) > 0;
  });
  const { to } = rules;
  const pending = waiting.filter(
    ({ name, phase }) =>
      (rules.phase === undefined || phase === rules.phase) &&
      (to === undefined || order.compare(name, to) <= 0),
  );
  const inFolder = new Set(bundle.migrations.map(({ name }) => name));
  const strangers = history.filter(
    (row) =>
      row.outcome !== "baseline" &&
      row.outcome !== "withdrawn" &&
      // A folder delivered for one phase holds no file of the other.
      (rules.phase === undefined || row.phase === rules.phase) &&
      (baseline === null || order.compare(row.name, baseline) > 0) &&
      !namesOf(row).some((name) => inFolder.has(name)),
  );
  const newestInFolder = order.newest(bundle.migrations.map(({ name }) => name));
  const ahead = strangers.filter(
    ({ name }) => newestInFolder === null || order.compare(name, newestInFolder) > 0,
  );
  return {
    order,
    history,
    known,
    inHistory: bundle.migrations.flatMap((migration) => {
      const row = known.get(migration.name);
      return row === undefined ? [] : [{ migration, row }];
    }),
    waiting,
    pending,
    ahead,
    missing: strangers.filter((row) => !ahead.includes(row)),
  };
}
