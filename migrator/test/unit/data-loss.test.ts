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
    "alter table t add c vector(3) default now() references app.users (id), add unique (a)",
    "alter type e rename value 'a' to 'b'",
    "create table t (id int)",
    "create function f() returns void language sql as 'delete from t'",
    "insert into t select * from u",
    "insert into t (id, at) values (default, now()) on conflict (lower(mail)) do nothing",
    "insert into t (a, b) select n, pg_catalog.lower(b) from generate_series(1, 10) as x (n), u",
    "create table copy as select * from t",
    "create table copy (a, b) as (select cast(a as numeric(10, 2)), b from t)",
    "create table copy as table t",
    "create table t (id int, up text generated always as (strange(id)) stored, check (strange(id) > 0))",
    "create view v as select wipe()",
    "create or replace function f() returns int language sql return wipe()",
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
    ["alter table t add column c int default wipe()", "a call of wipe()"],
    ["alter table t add constraint k check (wipe(a) > 0)", "a call of wipe()"],
    ["insert into x select wipe()", "a call of wipe()"],
    ["insert into x (a) select wipe() from t", "a call of wipe()"],
    ["insert into x (select wipe())", "a call of wipe()"],
    ["insert into x values (1, wipe())", "a call of wipe()"],
    ["insert into x values (1) on conflict do nothing returning wipe()", "a call of wipe()"],
    ["insert into x values (1) on conflict (id) do update set a = wipe()", "a call of wipe()"],
    ["insert into x select * from app.lower(1)", "a call of app.lower()"],
    ["create table x as select wipe()", "a call of wipe()"],
    [
      "create temp table if not exists x (a, b) with (fillfactor = 70) as select 1, wipe()",
      "a call of wipe()",
    ],
    ["create unlogged table x as values (1, wipe())", "a call of wipe()"],
    ["create table x as table wipe()", "a call of wipe()"],
    ['create table x as (select * from "Wipe"())', 'a call of "wipe"()'],
    ["create table x as with y as (select wipe()) select * from y", "a call of wipe()"],
    ["create table x as execute wipe", "CREATE TABLE … AS of a query that writes"],
    [
      "create table x as with gone as (delete from t returning *) select * from gone",
      "CREATE TABLE … AS of a query that writes",
    ],
    ["create materialized view v as select wipe()", "a call of wipe()"],
    ["create materialized view if not exists v (a) as select app.wipe()", "a call of app.wipe()"],
  ])("nobody can tell: %s", (statement, how) => {
    expect(lossesOf(statement)).toContainEqual({ kind: "unknown", how });
  });
});
