import { describe, expect, test } from "vitest";
import { parsePlatform } from "../parse.ts";
import type { DatabaseSpec } from "../spec.ts";
import { changed, CONTEXT, DIGEST, problemsIn, type Row } from "../test-platform.ts";
import type { Tree } from "../tree.ts";

const POD = { strategy: "initContainer" };
const NONE = { strategy: "disabled" };
const TOOL = { runner: { image: `ghcr.io/acme/tool@${DIGEST}`, history: "none" } };
const BACK = { rollback: { database: "auth", to: "001_accounts" } };

const ROWS: readonly Row[] = [
  [
    "maintenance of a database that pods migrate",
    { databases: { auth: { ...POD, maintenance: true } } },
    [
      "databases.auth.maintenance: takes services down for the Job that migrates, and with strategy initContainer the services' own pods migrate: take it out",
    ],
  ],
  [
    "maintenance of a database that somebody migrates by hand",
    { databases: { auth: { strategy: "manual", maintenance: true } } },
    [
      "databases.auth.maintenance: takes services down for the Job that migrates, and with strategy manual the Job only looks: take it out",
    ],
  ],
  [
    "maintenance of a database that another tool migrates",
    { databases: { shop: { ...TOOL, maintenance: true } } },
    [
      "databases.shop.maintenance: takes services down for the Job that migrates, and another tool migrates this database: take it out",
    ],
  ],
  [
    "a database to migrate by hand without anything to do it with",
    { databases: { auth: { strategy: "manual", manualRuns: false } } },
    [
      "databases.auth.manualRuns: takes the CronJob away with which strategy manual is migrated: take it out",
    ],
  ],
  [
    "a rollback of a database that pods migrate",
    { databases: { auth: POD }, ...BACK },
    [
      'rollback.database: is "auth", and with strategy initContainer the services\' own pods migrate, so that no Job could bring it back: write a migration that takes the change back, or use strategy job',
    ],
  ],
  [
    "a rollback of a database that another tool migrates",
    { databases: { shop: TOOL }, rollback: { database: "shop", to: "1" } },
    [
      'rollback.database: is "shop", and another tool migrates this database, so that no Job could bring it back: start its own way back, databases.shop.runner.rollback',
    ],
  ],
  [
    "a rollback of a database that nothing migrates",
    { databases: { battles: NONE }, rollback: { database: "battles", to: "001_battles" } },
    [
      'rollback.database: is "battles", and with strategy disabled nothing migrates, so that no Job could bring it back: write a migration that takes the change back, or use strategy job',
    ],
  ],
];

describe("what needs a Job that migrates is refused where there is none", () => {
  test.each(ROWS)("%s", (_, change, problems) => {
    expect(problemsIn(changed(change))).toEqual(problems);
  });
});

test("a database that is migrated by hand goes back like another", () => {
  expect(problemsIn(changed({ databases: { auth: { strategy: "manual" } }, ...BACK }))).toEqual([]);
});

test.each([
  ["job", true],
  ["manual", true],
  ["initContainer", false],
])("with strategy %s runs by hand are there: %s", (strategy, there) => {
  expect(specOf({ databases: { auth: { strategy } } }).manualRuns).toBe(there);
});

function specOf(change: Tree): DatabaseSpec {
  const value = changed(change);
  const parsed = parsePlatform([{ source: "Pulumi.dev.yaml", value }], CONTEXT);
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  const [auth] = parsed.spec.databases;
  if (auth === undefined) throw new Error("there is no database");
  return auth;
}
