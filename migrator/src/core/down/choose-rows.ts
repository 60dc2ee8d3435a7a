import { compareVersions, versionNumber } from "../../bundle/version.ts";
import { type Advice, RUNNER_ADVICE } from "../advice.ts";
import { type HistoryRow, namesOf } from "../history/history-row.ts";
import { MigratorError } from "../migrator-error.ts";

/** What is to be undone. */
export type DownChoice =
  /** All that is newer than this version, which stays. `0`: all. */
  | { readonly to: string }
  /** The migrations that were applied last, that many. */
  | { readonly steps: number }
  /** What the last run applied. */
  | { readonly lastBatch: true };

/**
 * The rows to undo, the one that was applied last first: whatever the numbers say, each way down then
 * meets the schema that its way up left.
 *
 * @param rows in the order in which they were applied
 * @throws MigratorError where the version is not in the history, or something unfinished is among them.
 */
export function chooseRows(
  rows: readonly HistoryRow[],
  choice: DownChoice,
  advice: Advice = RUNNER_ADVICE,
): readonly HistoryRow[] {
  const done = rows.filter(({ outcome }) => outcome !== "withdrawn").toReversed();
  const chosen = chosenOf(done, choice);
  const half = chosen.find(({ outcome }) => outcome === "running" || outcome === "failed");
  if (half !== undefined) {
    throw new MigratorError(
      "refused",
      `${half.name} is half done: it runs without a transaction and was interrupted`,
      {
        state: "nothing was changed",
        next: advice.finishFirst,
      },
    );
  }
  const base = chosen.find(({ outcome }) => outcome === "baseline");
  if (base !== undefined) {
    throw new MigratorError(
      "refused",
      `${base.name} is the baseline: this runner did not make what is before it and cannot undo it`,
      {
        state: "nothing was changed",
        next: advice.downAtMost(base.name),
      },
    );
  }
  return chosen;
}

function chosenOf(done: readonly HistoryRow[], choice: DownChoice): readonly HistoryRow[] {
  if ("steps" in choice) return done.slice(0, choice.steps);
  if ("lastBatch" in choice) {
    const last = done.reduce((most, { batch }) => Math.max(most, batch), 0);
    return done.filter(({ batch }) => batch === last);
  }
  const { to } = choice;
  if (to === "0") return done;
  const target = done.find(
    (row) =>
      namesOf(row).includes(to) ||
      (/^\d+$/.test(to) && versionNumber(row.name) === versionNumber(to)),
  );
  if (target === undefined) {
    const names = done
      .slice(0, 5)
      .map(({ name }) => name)
      .join(", ");
    throw new MigratorError("usage", `${to} is not applied, so there is no way down to it`, {
      next: `name one of the history (${names === "" ? "it is empty" : `newest: ${names}`}), or 0 for all`,
    });
  }
  return done.filter((row) => isNewer(row, target, done));
}

/** Files of one number state their order, which the history keeps as that in which they were applied. */
function isNewer(row: HistoryRow, than: HistoryRow, done: readonly HistoryRow[]): boolean {
  const number = versionNumber(row.name);
  return number !== null && number === versionNumber(than.name)
    ? done.indexOf(row) < done.indexOf(than)
    : compareVersions(row.name, than.name) > 0;
}
