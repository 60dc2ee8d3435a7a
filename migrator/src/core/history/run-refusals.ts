import type { BundledMigration } from "../../bundle/types.ts";
import { type Advice, RUNNER_ADVICE } from "../advice.ts";
import { MigratorError } from "../migrator-error.ts";
import type { BundleOrder } from "./bundle-order.ts";
import { type HistoryRow, isDone } from "./history-row.ts";
import { statementChecksum } from "./history-write.ts";
import type { PlanRules } from "./run-plan.ts";

/** A folder beside a history. */
export interface Compared {
  readonly order: BundleOrder;
  readonly history: readonly HistoryRow[];
  /** Rows by each of their names. */
  readonly known: ReadonlyMap<string, HistoryRow>;
  readonly inHistory: readonly {
    readonly migration: BundledMigration;
    readonly row: HistoryRow;
  }[];
  /** All that is not applied. */
  readonly waiting: readonly BundledMigration[];
  /** What of it this run would apply. */
  readonly pending: readonly BundledMigration[];
  /** Rows newer than everything in the folder. */
  readonly ahead: readonly HistoryRow[];
  /** Rows whose files are gone while newer ones are there. */
  readonly missing: readonly HistoryRow[];
}

/** @throws MigratorError of kind `refused` with everything that does not fit, each with its way out. */
export function refuseWhatDoesNotFit(compared: Compared, rules: PlanRules): void {
  const { ahead, inHistory, missing, pending } = compared;
  const problems = [
    ...inHistory.flatMap(({ migration, row }) => changed(migration, row, rules)),
    ...missing.map(
      ({ name }) =>
        `${name} is applied and its file is gone, while newer files are here; put the file back as it was, or, ${adviceIn(rules).acceptName(name)}`,
    ),
    ...pending.flatMap((migration) => late(migration, compared, rules)),
    ...pending.flatMap((migration) => early(migration, compared, rules)),
    ...jumps(compared, rules),
    ...(rules.ahead === "refuse" && ahead.length > 0
      ? [
          `the database is ahead of this folder: it has ${listed(ahead.map(({ name }) => name))}; deploy a version that has these files, or ${adviceIn(rules).ahead}`,
        ]
      : []),
  ];
  const [first] = problems;
  if (first === undefined) return;
  throw new MigratorError(
    "refused",
    problems.length === 1
      ? first
      : `folder and history do not fit together:\n${problems.map((problem) => `- ${problem}`).join("\n")}`,
    { state: "nothing was changed" },
  );
}

function adviceIn({ advice = RUNNER_ADVICE }: PlanRules): Advice {
  return advice;
}

function changed(
  migration: BundledMigration,
  row: HistoryRow,
  rules: PlanRules,
): readonly string[] {
  if (row.outcome === "baseline" || row.outcome === "withdrawn") return [];
  if (row.checksum === migration.checksum) return [];
  if (row.outcome === "applied") {
    // A name that a squash replaced belongs to a row of other content.
    if (row.name !== migration.name) return [];
    return [
      `${migration.file} was changed after it was applied (${row.checksum} then, ${migration.checksum} now); put it back as it was, and write the change as a new migration, or, ${adviceIn(rules).acceptChange(row.name)}`,
    ];
  }
  const done = row.statementChecksums ?? [];
  const differs = done.findIndex((checksum, index) => {
    const range = migration.statements[index];
    return (
      range === undefined ||
      statementChecksum(migration.up.slice(range.start, range.end)) !== checksum
    );
  });
  if (differs === -1 && !migration.transaction) return [];
  const line = migration.statements[differs]?.line;
  return [
    `${migration.file}${line === undefined ? "" : `:${line}`} was changed where it is applied already: its first ${done.length === 1 ? "statement is finished; put it back as it was" : `${done.length} statements are finished; put these back as they were`} and change only what follows`,
  ];
}

/** Runs before what is applied: it was written for a schema that this database has left. */
function late(
  migration: BundledMigration,
  { order, history, known }: Compared,
  rules: PlanRules,
): readonly string[] {
  if (rules.outOfOrder || known.has(migration.name)) return [];
  const newer = history.filter(
    (row) =>
      isDone(row) &&
      order.compare(order.nameOf(row), migration.name) > 0 &&
      // A contract migration is meant to come after younger expand migrations.
      (row.phase === migration.phase || row.phase === "contract"),
  );
  if (newer.length === 0) return [];
  return [
    `${migration.file} arrives out of order: ${listed(newer.map(({ name }) => name))} ${newer.length === 1 ? "is" : "are"} newer and applied; give the file a newer number, or ${adviceIn(rules).outOfOrder}`,
  ];
}

/** A contract migration whose older expand migrations have not run. */
function early(
  migration: BundledMigration,
  { order, waiting }: Compared,
  rules: PlanRules,
): readonly string[] {
  if (rules.phase !== "contract") return [];
  const older = waiting.filter(
    ({ name, phase }) => phase === "expand" && order.compare(name, migration.name) < 0,
  );
  if (older.length === 0) return [];
  return [
    `${migration.file} needs ${listed(older.map(({ name }) => name))} first; ${adviceIn(rules).expandFirst}`,
  ];
}

/**
 * A contract migration that stays pending while younger expand migrations run: these were written for a
 * schema without what it takes away. On a new database no old code is there to survive it.
 */
function jumps(
  { order, waiting, pending, history }: Compared,
  rules: PlanRules,
): readonly string[] {
  const isNew = rules.newDatabase ?? !history.some(isDone);
  if (rules.phase !== "expand" || isNew) return [];
  const youngest = order.newest(pending.map(({ name }) => name));
  if (youngest === null) return [];
  return waiting
    .filter(({ name, phase }) => phase === "contract" && order.compare(name, youngest) < 0)
    .map(({ file, name }) => {
      const over = pending.filter((each) => order.compare(each.name, name) > 0);
      return `${file} is a contract migration that is still pending, and ${listed(over.map((each) => each.name))} would jump over it; ${adviceIn(rules).contractFirst(name)}`;
    });
}

/** Up to three names, and how many more there are. */
function listed(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(", ");
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}
