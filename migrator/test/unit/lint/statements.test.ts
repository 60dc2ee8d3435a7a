import { expect, test } from "vitest";
import { lint, rulesIn, rulesOf } from "./lint.ts";

const CREATE = "create table t (id int, a int, b text);";

test.each<[string, string]>([
  ["an index on a table of the same migration", `${CREATE} create index t_a on t (a);`],
  [
    "an index that is dropped where it was made",
    `${CREATE} create index i on t (a); drop index i;`,
  ],
  ["a new nullable column", "alter table t add column c text;"],
  ["a constant default", "alter table t add column c text not null default 'x';"],
  ["a stable default", "alter table t add column c timestamptz not null default now();"],
  ["current_timestamp", "alter table t add column c timestamptz default current_timestamp;"],
  ["a virtual column", "alter table t add column c int generated always as (a + 1) virtual;"],
  ["a nullable column with a foreign key", "alter table t add column c bigint references z (id);"],
  [
    "any change of a table of the same migration",
    `${CREATE} alter table t alter a set not null, drop column b, alter id type bigint, add unique (id), add check (a > 0); truncate t; update t set a = 1; drop table t;`,
  ],
  ["public spelt out", `${CREATE} create index t_a on public.t (a);`],
  [
    "a table that was renamed where it was made",
    `${CREATE} alter table t rename to u; create index u_a on u (a);`,
  ],
  [
    "constraints that are not valid yet",
    "alter table t add constraint c check (a > 0) not valid, add constraint f foreign key (a) references z (id) not valid;",
  ],
  ["a validation alone", "alter table t validate constraint c;"],
  ["a key from an index", "alter table t add constraint t_key unique using index t_a;"],
  ["an enum value that is not used", "alter type mood add value 'new'; select 'old';"],
  [
    "a value of a type of the same migration",
    "create type mood as enum ('a'); alter type mood add value 'b'; select 'b'::mood;",
  ],
  ["a timeout", "set local lock_timeout = '2s';"],
  ["another setting", "set local statement_timeout = 0;"],
  ["an update with a condition", "update t set a = 1 where id = 2;"],
  ["a view that is made anew", "drop view v; create view v as select 1 as a;"],
  [
    "a function that is made anew",
    "drop function f(int); create function f(a int, b int) returns int language sql as 'select 1';",
  ],
  [
    "a dropped default, constraint, trigger, policy",
    "alter table t alter a drop default, drop constraint c; drop trigger g on t; drop policy p on t;",
  ],
  [
    "a renamed index or constraint",
    "alter index t_a rename to t_b; alter table t rename constraint c to d;",
  ],
  [
    "a materialized view refreshed where it was made",
    "create materialized view m as select 1; refresh materialized view m;",
  ],
  ["LOCK TABLE that lets others write", "lock table t in share update exclusive mode;"],
  ["a DO block without EXECUTE", "do $$ begin perform 1; end $$;"],
  ["a grant to a role", "grant select on t to app_readonly;"],
  ["VACUUM", "vacuum t;"],
])("%s is no risk", async (_what, sql) => {
  const head = sql.startsWith("vacuum") ? "-- tidegate:no-transaction\n" : "";
  expect(await rulesOf(head + sql)).toEqual([]);
});

test.each<[string, string, readonly string[]]>([
  ["serial", "alter table t add column c serial;", ["add-column-rewrites"]],
  [
    "identity",
    "alter table t add column c int generated always as identity;",
    ["add-column-rewrites"],
  ],
  [
    "a stored column",
    "alter table t add column c int generated always as (a + 1) stored;",
    ["add-column-rewrites"],
  ],
  [
    "a function of one's own",
    "alter table t add column c text default make_code();",
    ["add-column-rewrites"],
  ],
  [
    "a new checked column",
    "alter table t add column c int check (c > 0);",
    ["check-without-not-valid"],
  ],
  ["a new unique column", "alter table t add column c int unique;", ["constraint-builds-index"]],
  [
    "several commands at once",
    "alter table t drop column a, alter b type text;",
    ["column-type-change", "drop-in-expand"],
  ],
  ["a renamed type", "alter type mood rename to feeling;", ["rename-in-expand"]],
  ["a moved table", "alter table t set schema archive;", ["rename-in-expand"]],
  ["a dropped schema", "drop schema s cascade;", ["drop-in-expand", "drop-cascade"]],
  ["a dropped function", "drop function f(int);", ["drop-in-expand"]],
  ["set_config", "select set_config('lock_timeout', '0', true);", ["no-lock-timeout"]],
  ["a reset", "reset lock_timeout;", ["no-lock-timeout"]],
  ["delete without where", "delete from t;", ["all-rows"]],
  [
    "delete without where in WITH",
    "with d as (delete from t returning *) insert into u select * from d;",
    ["all-rows"],
  ],
  ["set unlogged", "alter table t set unlogged;", ["table-rewrite"]],
  [
    "a not-null constraint of Postgres 18",
    "alter table t add constraint n not null a;",
    ["set-not-null"],
  ],
])("%s is found", async (_what, sql, rules) => {
  expect(await rulesOf(sql)).toEqual(rules);
});

test("what a contract migration drops and renames is its purpose", async () => {
  const sql = "alter table t drop column a;\ndrop table u;\nalter type mood rename to feeling;";
  expect(await rulesOf(`-- tidegate:phase contract\n${sql}`)).toEqual([]);
});

test("SET NOT NULL behind a validated check of an earlier migration is no risk", async () => {
  const files = {
    "001_a.sql": "alter table t add constraint c check (a is not null) not valid;",
    "002_b.sql": "alter table t validate constraint c;",
    "003_c.sql":
      "alter table t alter column a set not null;\nalter table t alter column b set not null;",
  };
  expect(await rulesIn(files)).toEqual(["003_c.sql:2 set-not-null"]);
  const { "002_b.sql": _, ...unproven } = files;
  expect(await rulesIn(unproven)).toEqual(["003_c.sql:1 set-not-null", "003_c.sql:2 set-not-null"]);
});

test("a finding says file, line, statement, lock and the safe way", async () => {
  const sql = "select 1;\n\n-- why\ncreate unique index t_a\n  on app.t (a) where b > 1;\n";
  const { findings } = await lint({
    "001_a.sql": "select 1;",
    "001_a.down.sql": "select 1;",
    "002_b.sql": sql,
    "002_b.down.sql": "select 1;",
  });
  expect(findings).toEqual([
    {
      rule: "index-without-concurrently",
      severity: "warning",
      migration: "002_b",
      file: "002_b.sql",
      line: 4,
      message: "no row of app.t can be written while the index is built",
      statement: "create unique index t_a on app.t (a) where b > 1",
      lock: { mode: "SHARE", table: "app.t" },
      safe: "-- tidegate:no-transaction, in a file of its own\ncreate unique index concurrently t_a\n  on app.t (a) where b > 1;",
    },
  ]);
});

test("what Postgres does not parse is an error with the line of the mistake, on the way down too", async () => {
  const { findings } = await lint({
    "001_a.sql": "select 'ü😀';\ncreate table t (\n  a int,\n  b int int\n);",
    "001_a.down.sql": "select 1;\ndrop tabel t;",
  });
  expect(
    findings.map(({ file, line, rule, severity, message }) => [
      file,
      line,
      rule,
      severity,
      message,
    ]),
  ).toEqual([
    ["001_a.down.sql", 2, "syntax", "error", 'syntax error at or near "tabel"'],
    ["001_a.sql", 4, "syntax", "error", 'syntax error at or near "int"'],
  ]);
});

test("migrations up to lintAfter are not judged, not even parsed", async () => {
  const files = {
    "001_a.sql": "selec 1;",
    "002_b.sql": "truncate t;",
    "003_c.sql": "truncate t;",
    "003_c.down.sql": "select 1;",
  };
  const { findings } = await lint(files, "002_b");
  expect(findings.map(({ file, rule }) => [file, rule])).toEqual([["003_c.sql", "truncate"]]);
});

test("a missing way down is found once where no migration has one, and for each where some do", async () => {
  const missing = async (files: Record<string, string>): Promise<string[]> =>
    (await lint(files)).findings.map(({ file, rule, message }) => `${file} ${rule} ${message}`);
  const none = { "001_a.sql": "select 1;", "002_b.sql": "select 1;", "003_c.sql": "select 1;" };
  expect(await missing(none)).toEqual([
    "001_a.sql missing-down no migration of this folder has a way down (3)",
  ]);
  expect(await missing({ ...none, "002_b.down.sql": "select 1;" })).toEqual([
    "001_a.sql missing-down it has no way down",
    "003_c.sql missing-down it has no way down",
  ]);
});
