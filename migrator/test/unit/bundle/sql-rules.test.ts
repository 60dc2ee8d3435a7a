import { expect, test } from "vitest";
import { mistakes, read } from "./folder.ts";

const END_OF_TRANSACTION =
  "would end the transaction that this migration runs in, and its record with it. Delete it: each migration " +
  "has a transaction of its own (SAVEPOINT and ROLLBACK TO are allowed). Statements that need none go into a " +
  'file with "-- tidegate:no-transaction" on top';

test.each([
  ["begin", "BEGIN"],
  ["Begin isolation level serializable", "BEGIN"],
  ["commit", "COMMIT"],
  ["commit and chain", "COMMIT"],
  ["commit prepared 'x'", "COMMIT"],
  ["rollback", "ROLLBACK"],
  ["rollback work", "ROLLBACK"],
  ["start /* a */ transaction", "START TRANSACTION"],
  ["end", "END"],
  ["abort", "ABORT"],
  ["prepare transaction 'x'", "PREPARE TRANSACTION"],
])("refuses %j in a transaction", async (sql, name) => {
  expect(await mistakes({ "001_a.sql": `select 1;\n${sql};` })).toEqual([
    `001_a.sql:2: ${name} ${END_OF_TRANSACTION}`,
  ]);
});

test("refuses transaction control without a transaction too, where a resumed run would cut it", async () => {
  expect(
    await mistakes({ "001_a.sql": "-- tidegate:no-transaction\nbegin;\nselect 1;\ncommit;" }),
  ).toEqual(
    ["001_a.sql:2: BEGIN", "001_a.sql:4: COMMIT"].map(
      (start) =>
        `${start} cannot stand in a file with "-- tidegate:no-transaction": its statements are run and recorded one by one, ` +
        "so that a transaction around them would be cut when a run is resumed. Delete it, or move what belongs together into a migration of its own",
    ),
  );
});

test.each([
  ["create index concurrently i on t (a)", "CREATE INDEX CONCURRENTLY"],
  ["create unique index concurrently if not exists i on t (a)", "CREATE INDEX CONCURRENTLY"],
  ["drop index concurrently i", "DROP INDEX CONCURRENTLY"],
  ["reindex table concurrently t", "REINDEX … CONCURRENTLY"],
  ["reindex (verbose, concurrently) index i", "REINDEX … CONCURRENTLY"],
  ["reindex schema s", "REINDEX SCHEMA"],
  ["vacuum (analyze) t", "VACUUM"],
  ["alter table t detach partition p concurrently", "DETACH PARTITION … CONCURRENTLY"],
  ["alter system set x = 1", "ALTER SYSTEM"],
  ["create database d", "CREATE DATABASE"],
  ["drop tablespace s", "DROP TABLESPACE"],
  ["drop subscription if exists s", "DROP SUBSCRIPTION"],
  ["alter subscription s refresh publication", "ALTER SUBSCRIPTION … REFRESH PUBLICATION"],
  ["alter database d set tablespace s", "ALTER DATABASE … SET TABLESPACE"],
])("refuses %j in a transaction and takes it outside", async (sql, name) => {
  expect(await mistakes({ "001_a.sql": `\n${sql}` })).toEqual([
    `001_a.sql:2: ${name} cannot run in a transaction. Put "-- tidegate:no-transaction" on top of the file: its statements then run one by one, each on its own`,
  ]);
  const [migration] = await read({ "001_a.sql": `-- tidegate:no-transaction\n${sql}` });
  expect(migration?.transaction).toBe(false);
});

test.each([
  "savepoint a; rollback to a; rollback work to savepoint a; release savepoint a",
  "prepare p as select 1",
  "create index i on t (a)",
  'create index "concurrently" on t (a)',
  "drop index i",
  "reindex table system.t",
  "refresh materialized view concurrently v",
  "alter table t detach partition p",
  "do $$ begin perform 1; end $$",
  "select 'commit'; select 1 as commit",
  "create table begin_commit (a int)",
  "discard plans",
  "alter database d set work_mem = '8MB'",
  "alter subscription s disable",
])("takes %j in a transaction", async (sql) => {
  expect(await read({ "001_a.sql": sql })).toHaveLength(1);
});

test("refuses DISCARD ALL in a transaction, and does not send it outside, where it gives up the lock", async () => {
  expect(await mistakes({ "001_a.sql": "discard all;" })).toEqual([
    "001_a.sql:1: DISCARD ALL cannot run in a transaction, and outside of one it would give up the lock that keeps other runs out. Delete it, or write what is meant: RESET ALL, DISCARD PLANS, DISCARD TEMP",
  ]);
});
