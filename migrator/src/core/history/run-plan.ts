import type { BundledMigration, MigrationBundle, Phase } from "../../bundle/types.ts";
import { compareVersions } from "../../bundle/version.ts";
import { type Advice, RUNNER_ADVICE } from "../advice.ts";
import { MigratorError } from "../migrator-error.ts";
import { type HistoryRow, namesOf } from "./history-row.ts";
import { statementChecksum } from "./history-write.ts";

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
  const known = new Map(history.flatMap((row) => namesOf(row).map((name) => [name, row] as const)));
  const baseline = newest(
    history.filter((row) => row.outcome === "baseline").map(({ name }) => name),
  );
  const inHistory = bundle.migrations.flatMap((migration) => {
    const row = known.get(migration.name);
    return row === undefined ? [] : [{ migration, row }];
  });
  const waiting = bundle.migrations.filter((migration) => {
    const row = known.get(migration.name);
    if (row !== undefined) return row.outcome === "running" || row.outcome === "failed";
    return baseline === null || compareVersions(migration.name, baseline) > 0;
  });
  const { to } = rules;
  const pending = waiting.filter(
    ({ name, phase }) =>
      (rules.phase === undefined || phase === rules.phase) &&
      (to === undefined || compareVersions(name, to) <= 0),
  );
  const strangers = history.filter(
    (row) =>
      row.outcome !== "baseline" &&
      row.outcome !== "withdrawn" &&
      // A folder delivered for one phase holds no file of the other.
      (rules.phase === undefined || row.phase === rules.phase) &&
      (baseline === null || compareVersions(row.name, baseline) > 0) &&
      !namesOf(row).some((name) => bundle.migrations.some((migration) => migration.name === name)),
  );
  const newestInFolder = newest(bundle.migrations.map(({ name }) => name));
  const ahead = strangers.filter(
    ({ name }) => newestInFolder === null || compareVersions(name, newestInFolder) > 0,
  );
  const missing = strangers.filter((row) => !ahead.includes(row));

  const problems = [
    ...inHistory.flatMap(({ migration, row }) => changed(migration, row)),
    ...missing.map(
      ({ name }) =>
        `${name} is applied and its file is gone, while newer files are here; put the file back as it was`,
    ),
    ...pending.flatMap((migration) => late(migration, history, known, rules)),
    ...pending.flatMap((migration) => early(migration, waiting, rules)),
    ...jumps(pending, waiting, history, rules),
    ...(rules.ahead === "refuse" && ahead.length > 0
      ? [
          `the database is ahead of this folder: it has ${listed(ahead.map(({ name }) => name))}; deploy a version that has these files, or ${(rules.advice ?? RUNNER_ADVICE).ahead}`,
        ]
      : []),
  ];
  if (problems.length > 0) throw refusal(problems);
  return {
    pending,
    last: newest(history.filter(({ outcome }) => isDone(outcome)).map(({ name }) => name)),
    ahead: ahead.map(({ name }) => name),
  };
}

function isDone(outcome: HistoryRow["outcome"]): boolean {
  return outcome === "applied" || outcome === "baseline";
}

function changed(migration: BundledMigration, row: HistoryRow): readonly string[] {
  if (row.outcome === "baseline" || row.outcome === "withdrawn") return [];
  if (row.checksum === migration.checksum) return [];
  if (row.outcome === "applied") {
    // A name that a squash replaced belongs to a row of other content.
    if (row.name !== migration.name) return [];
    return [
      `${migration.file} was changed after it was applied (${row.checksum} then, ${migration.checksum} now); put it back as it was, and write the change as a new migration`,
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
    `${migration.file}${line === undefined ? "" : `:${line}`} was changed where it is applied already: its first ${done.length} statements are finished; put these back as they were and change only what follows`,
  ];
}

/** Older than what is applied: it was written for a schema that this database has left. */
function late(
  migration: BundledMigration,
  history: readonly HistoryRow[],
  known: ReadonlyMap<string, HistoryRow>,
  rules: PlanRules,
): readonly string[] {
  if (rules.outOfOrder || known.has(migration.name)) return [];
  const newer = history.filter(
    (row) =>
      isDone(row.outcome) &&
      compareVersions(row.name, migration.name) > 0 &&
      // A contract migration is meant to come after younger expand migrations.
      (row.phase === migration.phase || row.phase === "contract"),
  );
  if (newer.length === 0) return [];
  return [
    `${migration.file} arrives out of order: ${listed(newer.map(({ name }) => name))} ${newer.length === 1 ? "is" : "are"} newer and applied; give the file a newer number, or ${(rules.advice ?? RUNNER_ADVICE).outOfOrder}`,
  ];
}

/** A contract migration whose older expand migrations have not run. */
function early(
  migration: BundledMigration,
  waiting: readonly BundledMigration[],
  rules: PlanRules,
): readonly string[] {
  if (rules.phase !== "contract") return [];
  const older = waiting.filter(
    ({ name, phase }) => phase === "expand" && compareVersions(name, migration.name) < 0,
  );
  if (older.length === 0) return [];
  return [
    `${migration.file} needs ${listed(older.map(({ name }) => name))} first; run \`migrator up --phase expand\``,
  ];
}

/**
 * A contract migration that stays pending while younger expand migrations run: these were written for a
 * schema without what it takes away. On a new database no old code is there to survive it.
 */
function jumps(
  pending: readonly BundledMigration[],
  waiting: readonly BundledMigration[],
  history: readonly HistoryRow[],
  rules: PlanRules,
): readonly string[] {
  const isNew = rules.newDatabase ?? !history.some(({ outcome }) => isDone(outcome));
  if (rules.phase !== "expand" || isNew) return [];
  const youngest = newest(pending.map(({ name }) => name));
  if (youngest === null) return [];
  return waiting
    .filter(({ name, phase }) => phase === "contract" && compareVersions(name, youngest) < 0)
    .map(({ file, name }) => {
      const over = pending.filter((each) => compareVersions(each.name, name) > 0);
      return `${file} is a contract migration that is still pending, and ${listed(over.map((each) => each.name))} would jump over it; run it first with \`migrator up --to ${name}\`, or, where it is never to run, \`migrator withdraw ${name}\``;
    });
}

function newest(names: readonly string[]): string | null {
  return names.toSorted(compareVersions).at(-1) ?? null;
}

/** Up to three names, and how many more there are. */
function listed(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(", ");
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}

function refusal(problems: readonly string[]): MigratorError {
  const [first] = problems;
  return new MigratorError(
    "refused",
    problems.length === 1 && first !== undefined
      ? first
      : `folder and history do not fit together:\n${problems.map((problem) => `- ${problem}`).join("\n")}`,
    { state: "nothing was changed" },
  );
}
