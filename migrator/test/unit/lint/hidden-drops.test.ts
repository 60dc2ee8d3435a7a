import { expect, test } from "vitest";
import { lint, rulesOf } from "./lint.ts";

/** `line severity rule: message`, of one migration. */
async function found(sql: string): Promise<string[]> {
  const { findings } = await lint({ "001_a.sql": sql, "001_a.down.sql": "select 1;" });
  return findings.map(
    ({ line, severity, rule, message }) => `${line} ${severity} ${rule}: ${message}`,
  );
}

test.each([
  ["drop aggregate total(int);", "running code may still use the aggregate total"],
  ["drop extension citext;", "running code may still use the extension citext"],
  ['drop operator === (int, "Kind");', 'running code may still use the operator "==="'],
  ["drop collation app.german;", "running code may still use the collation app.german"],
  ["drop server billing;", "running code may still use the foreign server billing"],
  [
    "drop owned by reports, current_user;",
    "running code may still use what reports, current_user owns, and loses the rights that were granted to it",
  ],
  [
    "-- tidegate:no-transaction\ndrop database archive;",
    "running code may still use the database archive",
  ],
  [
    "alter type app.address drop attribute street;",
    "running code still uses the attribute street of app.address",
  ],
  [
    "alter foreign table invoices drop column note;",
    'running code still uses the column note of invoices; a prepared "select *" is enough',
  ],
])("%s is a drop in an expand migration", async (sql, message) => {
  const line = sql.split("\n").length;
  expect(await found(sql)).toEqual([`${line} error drop-in-expand: ${message}`]);
  expect(await found(`-- tidegate:phase contract\n${sql}`)).toEqual([]);
});

test.each([
  [
    "alter type mood rename value 'sad' to 'blue';",
    "running code knows the value 'sad' of mood by its old name",
  ],
  [
    "alter type app.mood rename to feeling;",
    "running code knows the type app.mood by its old name",
  ],
  ["alter domain email rename to mail;", "running code knows the domain email by its old name"],
  [
    "alter function app.f(int) rename to g;",
    "running code knows the function app.f by its old name",
  ],
  ["alter aggregate a(int) rename to b;", "running code knows the aggregate a by its old name"],
  ["alter schema app rename to shop;", "running code knows the schema app by its old name"],
  ["alter sequence s rename to r;", "running code knows the sequence s by its old name"],
  [
    "alter type address rename attribute street to road;",
    "running code knows the attribute street of address by its old name",
  ],
  ["alter view v rename column a to b;", "running code knows the column a of v by its old name"],
  [
    'alter function "Total"(int) set schema app;',
    'running code looks for the function "Total" where it was, not in app',
  ],
])("%s says which name running code knows", async (sql, message) => {
  expect(await found(sql)).toEqual([`1 error rename-in-expand: ${message}`]);
  expect(await found(`-- tidegate:phase contract\n${sql}`)).toEqual([]);
});

test.each([
  "create type mood as enum ('a'); alter type mood rename value 'a' to 'b'; alter type mood rename to m;",
  "create domain d as int; alter domain d rename to e;",
  "create type c as (a int, b int); alter type c drop attribute a; alter type c rename attribute b to d;",
  "create aggregate total(int) (sfunc = int4pl, stype = int); drop aggregate total(int);",
  "create extension citext; drop extension citext;",
  "create function f() returns int language sql as 'select 1'; alter function f() set schema app;",
])("what a migration made itself it may drop and rename: %s", async (sql) => {
  expect(await rulesOf(sql)).toEqual([]);
});

const BLOCK = `select 1;
do $$
declare
  r record;
begin
  drop table t;
  if exists (select 1) then
    alter table u drop column a;
  end if;
  for r in select 1 as a loop
    update v set a = 1;
  end loop;
  execute 'alter table w rename to x';
exception when others then
  truncate y;
end $$;`;

test("statements in a DO block are judged as if they stood in the file, each on its line", async () => {
  const { findings } = await lint({ "001_a.sql": BLOCK, "001_a.down.sql": "select 1;" });
  expect(
    findings
      .filter(({ rule }) => rule !== "two-tables-locked")
      .map(({ line, rule, statement }) => `${line} ${rule}: ${statement}`),
  ).toEqual([
    "6 drop-in-expand: drop table t",
    "8 drop-in-expand: alter table u drop column a",
    "11 all-rows: update v set a = 1",
    "13 rename-in-expand: alter table w rename to x",
    "15 truncate: truncate y",
  ]);
});

test("a comment above the DO silences a rule in all of the block", async () => {
  const sql =
    "-- tidegate: allow drop-in-expand because nobody used it\ndo $$ begin drop table t; drop table u; end $$;";
  expect(await rulesOf(sql)).toEqual([]);
});

test("a lock that is taken in a block is held behind it, and in one without a transaction to its end", async () => {
  const lock = "do $$ begin alter table t add column c int; end $$;";
  const backfill = "update t set c = a where c is null;";
  expect(await rulesOf(`${lock}\n${backfill}`)).toEqual(["work-behind-lock"]);
  const both = `do $$ begin alter table t add column c int; ${backfill} end $$;`;
  expect(await rulesOf(`-- tidegate:no-transaction\n${both}`)).toEqual(["work-behind-lock"]);
  expect(await rulesOf(`-- tidegate:no-transaction\n${lock}\n${backfill}`)).toEqual([]);
});

test("what a block makes is nobody's yet", async () => {
  const sql =
    "do $$ begin create type mood as enum ('a'); exception when duplicate_object then null; end $$;\nalter type mood rename to m;";
  expect(await rulesOf(sql)).toEqual([]);
});

test.each([
  [
    "do $$\nbegin\n  execute 'drop table ' || quote_ident('t');\nend $$;",
    "3 warning unread-code: this part of the block is not judged: EXECUTE sends SQL that is made at run time",
  ],
  [
    "do $$ declare r record; begin\n for r in execute format('select %L', 1) loop null; end loop; end $$;",
    "2 warning unread-code: this part of the block is not judged: EXECUTE sends SQL that is made at run time",
  ],
  [
    "do language plperl 'x';",
    "1 warning unread-code: this part of the block is not judged: it is written in plperl",
  ],
  [
    "do $$ begin drop tabel t; end $$;",
    '1 warning unread-code: this part of the block is not judged: syntax error at or near "tabel"',
  ],
  [
    "call archive(1);",
    "1 warning unread-code: CALL runs a procedure: its statements are not judged",
  ],
])("what cannot be read is said: %s", async (sql, message) => {
  expect(await found(sql)).toEqual([message]);
});

test("EXECUTE of a constant hides nothing, and each of its statements is judged", async () => {
  expect(await rulesOf("do $$ begin execute 'drop table t; truncate u'; end $$;")).toEqual([
    "drop-in-expand",
    "truncate",
  ]);
});

test("what no block can run is an error in every file, and COMMIT in one with a transaction", async () => {
  const vacuum = "do $$ begin execute 'vacuum t'; end $$;";
  const message = "error not-in-transaction: VACUUM cannot run in a transaction";
  expect(await found(vacuum)).toEqual([`1 ${message}`]);
  expect(await found(`-- tidegate:no-transaction\n${vacuum}`)).toEqual([`2 ${message}`]);
  const commit = "do $$ begin perform 1; commit; end $$;";
  expect(await found(commit)).toEqual([
    "1 error not-in-transaction: COMMIT would end the transaction that this migration runs in, and its record with it",
  ]);
  expect(await found(`-- tidegate:no-transaction\n${commit}`)).toEqual([]);
});

test("blocks that TypeScript sends are read as well, one of several statements too", async () => {
  const code = `import { sql } from "kysely";
export async function up(db) { await sql\`select 'ü'; do $$ begin drop table t; end $$\`.execute(db); }
export async function down() {}
`;
  const { findings } = await lint({ "001_a.ts": code });
  expect(findings.map(({ rule, line, statement }) => [rule, line, statement])).toEqual([
    ["drop-in-expand", null, "drop table t"],
  ]);
});
