import { describe, expect, test } from "vitest";

import { wantedOf } from "../../src/core/gate/requirement.ts";
import type { HistoryRow } from "../../src/core/history/history-row.ts";

function applied(...names: readonly string[]): readonly HistoryRow[] {
  return names.map((name) => ({
    name,
    aliases: [],
    checksum: "sql1:0",
    phase: "expand",
    outcome: "applied",
    batch: 1,
    started: "2026-01-01T00:00:00Z",
    durationMs: 1,
    who: "auth_migrator",
    runner: "0.1.0",
    gitCommit: null,
    statementsDone: null,
    statementChecksums: null,
  }));
}

const ALL = ["001_a", "002_b", "003_c"];

describe("what a pod's gate waits for", () => {
  test("is all that the file names", () => {
    expect(wantedOf({ migrations: ALL }, applied("001_a"))).toEqual(ALL);
  });

  test("ends at the newest that is applied while a rollback of the last batch stands", () => {
    const rows = applied("001_a", "002_b");
    expect(wantedOf({ migrations: ALL, upTo: "applied" }, rows)).toEqual(["001_a", "002_b"]);
  });

  test("still holds what is missing below it, and everything on a database without a history", () => {
    expect(wantedOf({ migrations: ALL, upTo: "applied" }, applied("003_c"))).toEqual(ALL);
    expect(wantedOf({ migrations: ALL, upTo: "applied" }, [])).toEqual(ALL);
  });
});
