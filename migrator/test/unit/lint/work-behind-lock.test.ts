import { expect, test } from "vitest";
import { lint, rulesOf } from "./lint.ts";

const BACKFILL = "update t set c = a where c is null;";

/** The lock and the message of what this rule finds. */
async function found(sql: string): Promise<string[]> {
  const { findings } = await lint({ "001_a.sql": sql, "001_a.down.sql": "select 1;" });
  return findings
    .filter(({ rule }) => rule === "work-behind-lock")
    .map(({ line, lock, message }) => `${line} ${lock?.mode} on ${lock?.table}: ${message}`);
}

const held = (table: string): string =>
  `while this transaction holds the lock of an earlier statement on ${table}`;

test.each([
  [
    "a backfill behind ADD COLUMN",
    `alter table t add column c int;\n${BACKFILL}`,
    `2 ACCESS EXCLUSIVE on t: rows of t are searched and written ${held("t")}`,
  ],
  [
    "a DELETE behind a trigger",
    "create trigger g before insert on t for each row execute function f();\ndelete from t where a = 1;",
    `2 SHARE ROW EXCLUSIVE on t: rows of t are searched and deleted ${held("t")}`,
  ],
  [
    "a MERGE into another table",
    "alter table app.t add column c int;\nmerge into u using v on u.id = v.id when matched then delete;",
    `2 ACCESS EXCLUSIVE on app.t: rows are merged into u ${held("app.t")}`,
  ],
  [
    "INSERT … SELECT",
    "alter table t add column c int;\ninsert into u select id from t;",
    `2 ACCESS EXCLUSIVE on t: what a query finds is copied into u ${held("t")}`,
  ],
  [
    "CREATE TABLE … AS",
    "alter table t add column c int;\ncreate table u as select id from t;",
    `2 ACCESS EXCLUSIVE on t: what a query finds is copied into u ${held("t")}`,
  ],
  [
    "COPY from a file, also into a new table",
    "alter table t add column c int;\ncreate table u (id int);\ncopy u from '/u.csv';",
    `3 ACCESS EXCLUSIVE on t: the rows of u are copied in ${held("t")}`,
  ],
  [
    "a copy behind a new table's REFERENCES",
    "create table u (id int references customers);\ninsert into u select id from v;",
    `2 SHARE ROW EXCLUSIVE on customers: what a query finds is copied into u ${held("customers")}`,
  ],
  [
    "a copy behind a new table's FOREIGN KEY",
    "create table u (id int, foreign key (id) references app.customers);\ninsert into u select id from v;",
    `2 SHARE ROW EXCLUSIVE on app.customers: what a query finds is copied into u ${held("app.customers")}`,
  ],
  [
    "an update of the table that a new column refers to",
    "alter table t add column c int references customers;\nupdate customers set a = 1 where b = 2;",
    `2 SHARE ROW EXCLUSIVE on customers: rows of customers are searched and written ${held("customers")}`,
  ],
  [
    "an update of the table that a new key refers to",
    "alter table t add foreign key (c) references customers not valid;\nupdate customers set a = 1 where b = 2;",
    `2 SHARE ROW EXCLUSIVE on customers: rows of customers are searched and written ${held("customers")}`,
  ],
  [
    "work behind the foreign key of a table of the same migration",
    "create table u (id int);\nalter table u add foreign key (id) references customers;\ninsert into u select id from v;",
    `3 SHARE ROW EXCLUSIVE on customers: what a query finds is copied into u ${held("customers")}`,
  ],
  [
    "work behind an attached partition",
    "alter table p attach partition q default;\nupdate q set a = 1 where b = 2;",
    `2 ACCESS EXCLUSIVE on q: rows of q are searched and written ${held("q")}`,
  ],
  [
    "work behind LOCK TABLE",
    "lock table t in exclusive mode;\ndelete from u where a = 1;",
    `2 EXCLUSIVE on t: rows of u are searched and deleted ${held("t")}`,
  ],
])("%s is found, with the lock that is held", async (_what, sql, message) => {
  expect(await found(sql)).toEqual([message]);
});

test("of several locks the strongest is named, and the one on the table itself before it", async () => {
  const locks =
    "create trigger g before insert on t for each row execute function f();\nalter table u add column c int;\n";
  expect(await found(`${locks}update v set a = 1 where b = 2;`)).toEqual([
    `3 ACCESS EXCLUSIVE on u: rows of v are searched and written ${held("u")}`,
  ]);
  expect(await found(`${locks}update t set a = 1 where b = 2;`)).toEqual([
    `3 SHARE ROW EXCLUSIVE on t: rows of t are searched and written ${held("t")}`,
  ]);
});

test("a weaker lock taken later leaves the stronger one held", async () => {
  const sql = `alter table t add column c int;\ncreate trigger g before insert on t for each row execute function f();\n${BACKFILL}`;
  expect(await found(sql)).toEqual([
    `3 ACCESS EXCLUSIVE on t: rows of t are searched and written ${held("t")}`,
  ]);
});

test.each([
  ["a backfill alone", BACKFILL],
  ["a backfill in front of the lock", `${BACKFILL}\nalter table t add column d int;`],
  ["stated rows", "alter table t add column c int;\ninsert into u values (1), (2);"],
  ["a stated row as a SELECT", "alter table t add column c int;\ninsert into u select 1, 'a';"],
  [
    "rows that only the migration itself made",
    "alter table t add column c int;\ncreate table u (id int);\ninsert into u values (1);\nupdate u set id = 2 where id = 1;\nwith d as (select * from u) insert into u select * from d;",
  ],
  [
    "a table made empty",
    "alter table t add column c int;\ncreate table u as table t with no data;",
  ],
  [
    "a table that refers to a new one",
    "create table u (id int primary key);\ncreate table v (u int references u);\ninsert into v select id from w;",
  ],
  [
    "a lock that lets others write",
    `alter table t alter column a set statistics 500;\n${BACKFILL}`,
  ],
])("%s is no work behind a lock", async (_what, sql) => {
  expect(await found(sql)).toEqual([]);
});

test("without a transaction each statement gives its lock back", async () => {
  const sql = `-- tidegate:no-transaction\nalter table t add column c int;\n${BACKFILL}`;
  expect(await rulesOf(sql)).toEqual([]);
});

test("an UPDATE of every row is found once, as that", async () => {
  expect(await rulesOf("alter table t add column c int;\nupdate t set c = 1;")).toEqual([
    "all-rows",
  ]);
});

test("a validation behind the lock on another table names that table", async () => {
  const sql =
    "create table u (id int references customers);\nalter table t validate constraint t_check;";
  const { findings } = await lint({ "001_a.sql": sql, "001_a.down.sql": "select 1;" });
  expect(findings.find(({ rule }) => rule === "validate-in-same-transaction")).toMatchObject({
    message:
      "every row of t is read while this transaction still holds the lock of an earlier statement on customers",
    lock: { mode: "SHARE ROW EXCLUSIVE", table: "customers" },
  });
});
