import { expect, test } from "vitest";
import { lint, rulesIn, rulesOf } from "./lint.ts";

test.each<[string, string, readonly string[]]>([
  [
    "a check of a domain",
    "alter domain d add constraint c check (value > 0);",
    ["domain-constraint"],
  ],
  ["SET NOT NULL of a domain", "alter domain app.d set not null;", ["domain-constraint"]],
  ["a validation of a domain", "alter domain d validate constraint c;", ["domain-constraint"]],
  [
    "a domain's check for new values only",
    "alter domain d add constraint c check (value > 0) not valid;",
    [],
  ],
  ["what a domain loses", "alter domain d drop not null; alter domain d drop constraint c;", []],
  ["a domain of the same migration", "create domain d as int; alter domain d set not null;", []],
  ["DROP NOT NULL", "alter table t alter column a drop not null;", ["drop-not-null"]],
  [
    "DROP NOT NULL after the rollout",
    "-- tidegate:phase contract\nalter table t alter column a drop not null;",
    [],
  ],
  [
    "a new column with a default that refers to a table",
    "alter table t add column c bigint default 1 references u (id);",
    ["foreign-key-without-not-valid"],
  ],
  [
    "a new empty column that refers to a table",
    "alter table t add column c bigint references u;",
    [],
  ],
  [
    "a long lock_timeout",
    "set local lock_timeout = '1h'; set lock_timeout = 6000; set lock_timeout to '5001ms'; select set_config('lock_timeout', '10min', true);",
    ["no-lock-timeout", "no-lock-timeout", "no-lock-timeout", "no-lock-timeout"],
  ],
  [
    "a lock_timeout in the units of Postgres that is none",
    "set lock_timeout = '0s'; set lock_timeout to default;",
    ["no-lock-timeout", "no-lock-timeout"],
  ],
  [
    "a short lock_timeout",
    "set local lock_timeout = '5s'; set lock_timeout = 2000; set lock_timeout = '900000us'; select set_config('lock_timeout', '1s', true);",
    [],
  ],
  [
    "ATTACH PARTITION",
    "alter table p attach partition app.q for values in (1);",
    ["attach-partition-reads-rows"],
  ],
  [
    "a partition that the migration made",
    "create table q (like p); alter table p attach partition q for values in (1);",
    [],
  ],
  ["an index that is attached", "alter index i attach partition j;", []],
])("%s: %s", async (_what, sql, rules) => {
  expect(await rulesOf(sql)).toEqual(rules);
});

test("a partition is attached without a risk behind a validated check of an earlier migration", async () => {
  const files = {
    "001_a.sql": "alter table q add constraint c check (a = 1) not valid;",
    "002_b.sql": "alter table q validate constraint c;",
    "003_c.sql": "alter table p attach partition q for values in (1);",
    "004_d.sql": "create table r (a int check (a = 2), check (a > 0));",
    "005_e.sql": "alter table p attach partition r for values in (2);",
  };
  expect(await rulesIn(files)).toEqual([]);
  const { "002_b.sql": _, ...unproven } = files;
  expect(await rulesIn(unproven)).toEqual(["003_c.sql:1 attach-partition-reads-rows"]);
});

test.each([
  ["cluster;", "CLUSTER of every table"],
  ["cluster verbose;", "CLUSTER of every table"],
  [
    "create subscription s connection 'x' publication p;",
    "CREATE SUBSCRIPTION, which makes a slot,",
  ],
  ["alter subscription s set publication p;", "ALTER SUBSCRIPTION … PUBLICATION, which refreshes,"],
])("%s cannot run in a transaction, and outside of one it can", async (sql, what) => {
  const { findings } = await lint({ "001_a.sql": sql, "001_a.down.sql": "select 1;" });
  const found = findings.find(({ rule }) => rule === "not-in-transaction");
  expect(found).toMatchObject({
    severity: "error",
    line: 1,
    message: `${what} cannot run in a transaction`,
    safe: `-- tidegate:no-transaction, in a file of its own\n${sql}`,
  });
  expect(await rulesOf(`-- tidegate:no-transaction\n${sql}`)).not.toContain("not-in-transaction");
});

test.each([
  "cluster t using i;",
  "create subscription s connection 'x' publication p with (create_slot = false);",
  "create subscription s connection 'x' publication p with (connect = off);",
  "alter subscription s set publication p with (refresh = false);",
  "alter subscription s disable;",
])("%s may stand in a transaction", async (sql) => {
  expect(await rulesOf(sql)).not.toContain("not-in-transaction");
});
