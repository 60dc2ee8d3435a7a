import { describe, expect, test } from "vitest";

import { lossesOf } from "../../src/core/down/data-loss.ts";

describe("what a statement of a way down may lose", () => {
  test.each([
    ["drop table a", [["a", null, "drops the table"]]],
    [
      'DROP TABLE IF EXISTS "A b", s.t CASCADE',
      [
        ['"A b"', null, "drops the table"],
        ["s.t", null, "drops the table"],
      ],
    ],
    ["drop /* x */ materialized view v", [["v", null, "drops the table"]]],
    ["alter table only t drop column c", [["t", "c", "drops the column"]]],
    ["alter table t drop c", [["t", "c", "drops the column"]]],
    [
      "alter table t drop constraint k, drop column if exists c cascade",
      [["t", "c", "drops the column"]],
    ],
    ["alter table t alter c type int", [["t", "c", "changes the type of the column"]]],
    [
      "alter table t alter column c set data type numeric(10, 2) using round(c, 2)",
      [["t", "c", "changes the type of the column"]],
    ],
    ["alter table t set unlogged", [["t", null, "unlogs the table"]]],
    [
      "truncate table a, only b",
      [
        ["a", null, "empties the table"],
        ["b", null, "empties the table"],
      ],
    ],
    ["delete from s.t where id = 1", [["s.t", null, "deletes from the table"]]],
    ["update t set a = 1", [["t", null, "overwrites values of the table"]]],
    [
      "insert into t values (1) on conflict (id) do update set a = 1",
      [["t", null, "overwrites rows of the table"]],
    ],
  ])("%s", (statement, expected) => {
    expect(lossesOf(statement)).toEqual(
      expected.map(([table, column, how]) => ({ kind: "rows", table, column, how })),
    );
  });

  test.each([
    "drop index concurrently if exists i",
    "drop view v",
    "drop type t",
    "drop schema s",
    "drop trigger g on t",
    "alter table t drop constraint k",
    "alter table t alter column c drop not null",
    "alter table t alter c drop default",
    "alter table t rename column a to b",
    "alter table t add column c int default 0",
    "alter type e rename value 'a' to 'b'",
    "create table t (id int)",
    "create function f() returns void language sql as 'delete from t'",
    "insert into t select * from u",
    "comment on table t is 'drop table x'",
    "grant select on t to r",
    "set search_path = app",
    "select 1",
    "-- only a comment",
  ])("nothing: %s", (statement) => {
    expect(lossesOf(statement)).toEqual([]);
  });

  test.each([
    ["do $$ begin execute 'drop table a'; end $$", "a DO block"],
    ["call wipe()", "CALL …"],
    ["select wipe()", "a call of wipe()"],
    ["with gone as (delete from t returning *) select * from gone", "a query that writes"],
    ["drop schema s cascade", "DROP SCHEMA … CASCADE"],
    ["drop type t cascade", "DROP TYPE … CASCADE"],
    ["drop sequence s", "DROP SEQUENCE"],
    ["drop owned by r", "DROP OWNED"],
    ["merge into t using u on t.id = u.id when matched then delete", "MERGE …"],
    ["alter type t drop attribute a", "ALTER TYPE …"],
    ["update t set a = wipe(b)", "a call of wipe()"],
  ])("nobody can tell: %s", (statement, how) => {
    expect(lossesOf(statement)).toContainEqual({ kind: "unknown", how });
  });
});
