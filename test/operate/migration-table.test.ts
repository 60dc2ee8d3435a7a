import { expect, test } from "vitest";
import { migrationTable } from "../../operate/migration-table.ts";

test("the output migrations as a table: one line a Job, and a dash for what is not known", () => {
  expect(
    migrationTable([
      {
        database: "auth",
        phase: "expand",
        version: "013_email",
        outcome: "done",
        pending: 0,
        job: "shop-auth-migration-job-1a2b3c4d",
        started: "2026-11-21T10:00:00Z",
        completed: "2026-11-21T10:00:07Z",
        seconds: 7,
      },
      {
        database: "battles",
        phase: "contract",
        version: "none",
        outcome: "unknown",
        pending: null,
        job: null,
        started: null,
        completed: null,
        seconds: null,
      },
    ]).split("\n"),
  ).toEqual([
    "DATABASE  PHASE     VERSION    OUTCOME  PENDING  WHEN (UTC)           TOOK  JOB",
    "auth      expand    013_email  done     0        2026-11-21 10:00:00  7 s   shop-auth-migration-job-1a2b3c4d",
    "battles   contract  none       unknown  ?        -                    -     -",
  ]);
});
