import { describe, expect, test } from "vitest";

import type { HistoryRow } from "../../src/core/history/history-row.ts";
import { planRun } from "../../src/core/history/run-plan.ts";
import { bundleOf, sql } from "../integration/bundles.ts";

const RULES = { ahead: "notice", outOfOrder: false } as const;
const file = (name: string): ReturnType<typeof sql> => sql(name, `select '${name}';`);
const row = (name: string, more: Partial<HistoryRow> = {}): HistoryRow => ({
  name,
  aliases: [],
  checksum: file(name).checksum,
  phase: "expand",
  outcome: "applied",
  batch: 1,
  started: "2026-01-01T00:00:00Z",
  durationMs: 1,
  who: "me",
  runner: "0",
  gitCommit: null,
  statementsDone: null,
  statementChecksums: null,
  ...more,
});
const names = (plan: ReturnType<typeof planRun>): readonly string[] =>
  plan.pending.map(({ name }) => name);

describe("a run's plan", () => {
  test("is every file of an empty history", () => {
    const plan = planRun(bundleOf(file("1_a"), file("10_b")), [], RULES);
    expect({ names: names(plan), last: plan.last }).toEqual({ names: ["1_a", "10_b"], last: null });
  });

  test("orders by number, so that 9 is older than 10", () => {
    const plan = planRun(bundleOf(file("9_a"), file("10_b")), [row("9_a")], RULES);
    expect({ names: names(plan), last: plan.last }).toEqual({ names: ["10_b"], last: "9_a" });
  });

  test("leaves out what a baseline covers, whether its files are here or not", () => {
    const baseline = row("3_baseline", { outcome: "baseline" });
    const plan = planRun(bundleOf(file("2_b"), file("4_d")), [row("1_a"), baseline], RULES);
    expect(names(plan)).toEqual(["4_d"]);
  });

  test("knows a renamed file by its alias, and that its name is not gone", () => {
    const renamed = row("1_old", { aliases: ["1_new"] });
    const plan = planRun(bundleOf(file("1_new"), file("2_b")), [renamed], RULES);
    expect(names(plan)).toEqual(["2_b"]);
  });

  test("goes on with a file that was begun, also where newer ones are applied", () => {
    const begun = { ...file("1_a"), transaction: false };
    const history = [row("1_a", { outcome: "running", statementChecksums: [], statementsDone: 0 })];
    expect(names(planRun(bundleOf(begun, file("2_b")), history, RULES))).toEqual(["1_a", "2_b"]);
  });

  test("refuses a begun file that has lost its no-transaction mark", () => {
    const history = [row("1_a", { outcome: "failed", checksum: "other", statementChecksums: [] })];
    expect(() => planRun(bundleOf(file("1_a")), history, RULES)).toThrow(
      "1_a.sql was changed where it is applied already",
    );
  });

  test("names no more than three files of a long list", () => {
    const history = ["2_b", "3_c", "4_d", "5_e"].map((name) => row(name));
    const folder = bundleOf(...["1_a", "2_b", "3_c", "4_d", "5_e"].map(file));
    expect(() => planRun(folder, history, RULES)).toThrow(
      "1_a.sql arrives out of order: 2_b, 3_c, 4_d and 1 more are newer and applied;",
    );
  });

  describe("where files of one number state their order, b before a,", () => {
    const folder = bundleOf(file("3_b"), file("3_a"), file("4_c"));

    test("does not take the second for late when the first is applied", () => {
      const plan = planRun(folder, [row("3_b")], RULES);
      expect({ names: names(plan), last: plan.last }).toEqual({
        names: ["3_a", "4_c"],
        last: "3_b",
      });
    });

    test("takes the first for late when the second is applied, whatever their names", () => {
      expect(() => planRun(folder, [row("3_a")], RULES)).toThrow(
        "3_b.sql arrives out of order: 3_a is newer and applied; give the file a newer number, or allow it once with --out-of-order",
      );
    });

    test("tells the second as the newest, also under a name that it had before", () => {
      const renamed = row("3_0", { aliases: ["3_a"] });
      expect(planRun(folder, [renamed, row("3_b")], RULES).last).toBe("3_a");
    });

    test("goes to the first of them without the second", () => {
      expect(names(planRun(folder, [], { ...RULES, to: "3_b" }))).toEqual(["3_b"]);
    });

    test("leaves out what a baseline in their row covers", () => {
      const baseline = row("3_b", { outcome: "baseline" });
      expect(names(planRun(folder, [baseline], RULES))).toEqual(["3_a", "4_c"]);
    });
  });
});
