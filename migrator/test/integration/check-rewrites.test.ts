import type { Client } from "pg";
import { beforeAll, describe, expect, inject, test } from "vitest";

import { catalogName, LOCK_MODES, type LockMode } from "../../src/lint/locks.ts";
import type { RuleName } from "../../src/lint/rule-list.ts";
import { lint } from "../unit/lint/lint.ts";
import { createDatabase, settingsOf, withClient } from "./test-database.ts";

/** A table of every kind of column whose type is changed below, with a row. */
const TABLES = `
  create table customers (id bigint primary key);
  create type order_state as enum ('new');
  create domain short as varchar(10);
  create table orders (id bigint primary key, customer_id bigint, amount int, small smallint,
    code varchar(10), free varchar, note text, fixed char(10), price numeric(10,2), loose numeric,
    at timestamp, at_zone timestamptz, day date, data json, address cidr, real_one real,
    state order_state, at_three timestamp(3), word short);
  create index orders_note_idx on orders (note);
  create view order_notes as select id, customer_id from orders;
  create function touch() returns trigger language plpgsql as 'begin return new; end';
  create trigger touched before insert on orders for each row execute function touch();
  alter table orders add constraint orders_amount_check check (amount > 0) not valid;
  insert into customers values (1);
  insert into orders (id, customer_id, amount, at, price) values (1, 1, 1, now(), 1.5);`;

/** What a statement really does to `orders`. */
interface Real {
  /** Lock in `pg_locks`; `null`: none. */
  readonly lock: LockMode | null;
  /** Whether `pg_class.relfilenode` is another afterwards. */
  readonly rewrites: boolean;
}

const ALTER = "ACCESS EXCLUSIVE";
type Row = readonly [statement: string, real: Real, rule: RuleName | null];

const keeps = (lock: LockMode | null): Real => ({ lock, rewrites: false });
const REWRITES: Real = { lock: ALTER, rewrites: true };
const type = (column: string, to: string): string =>
  `alter table orders alter column ${column} type ${to};`;

/** The type of a column: what only lifts a limit rewrites nothing, and the rule's words say so. */
const TYPES: readonly Row[] = [
  [type("code", "varchar(40)"), keeps(ALTER), "column-type-change"],
  [type("code", "varchar"), keeps(ALTER), "column-type-change"],
  [type("code", "text"), keeps(ALTER), "column-type-change"],
  [type("free", "text"), keeps(ALTER), "column-type-change"],
  [type("note", "varchar"), keeps(ALTER), "column-type-change"],
  [type("price", "numeric(12,2)"), keeps(ALTER), "column-type-change"],
  [type("price", "numeric"), keeps(ALTER), "column-type-change"],
  [type("at_three", "timestamp(6)"), keeps(ALTER), "column-type-change"],
  [type("address", "inet"), keeps(ALTER), "column-type-change"],
  [type("code", "varchar(5)"), REWRITES, "column-type-change"],
  [type("free", "varchar(20)"), REWRITES, "column-type-change"],
  [type("note", "varchar(20)"), REWRITES, "column-type-change"],
  [type("fixed", "char(20)"), REWRITES, "column-type-change"],
  [type("fixed", "text"), REWRITES, "column-type-change"],
  [type("price", "numeric(12,4)"), REWRITES, "column-type-change"],
  [type("price", "numeric(8,2)"), REWRITES, "column-type-change"],
  [type("loose", "numeric(10,2)"), REWRITES, "column-type-change"],
  [type("amount", "bigint"), REWRITES, "column-type-change"],
  [type("small", "int"), REWRITES, "column-type-change"],
  [type("real_one", "double precision"), REWRITES, "column-type-change"],
  [type("day", "timestamp"), REWRITES, "column-type-change"],
  [type("data", "jsonb"), REWRITES, "column-type-change"],
  [type("word", "varchar(10)"), REWRITES, "column-type-change"],
  [type("state", "text"), REWRITES, "column-type-change"],
  [type("at", "timestamptz"), REWRITES, "column-type-change"],
];

const add = (what: string): string => `alter table orders add ${what};`;
const alter = (what: string): string => `alter table orders ${what};`;

/** All else, with the rule that finds it; `null`: none, as nobody waits for its work. */
const STATEMENTS: readonly Row[] = [
  [add("column c int"), keeps(ALTER), null],
  [add("column c timestamptz default now()"), keeps(ALTER), null],
  [add("column c uuid default gen_random_uuid()"), REWRITES, "add-column-rewrites"],
  [add("column c int check (c > 0)"), keeps(ALTER), "check-without-not-valid"],
  [add("column c int unique"), keeps(ALTER), "constraint-builds-index"],
  [
    add("constraint c foreign key (customer_id) references customers (id)"),
    keeps("SHARE ROW EXCLUSIVE"),
    "foreign-key-without-not-valid",
  ],
  [
    add("constraint c foreign key (customer_id) references customers (id) not valid"),
    keeps("SHARE ROW EXCLUSIVE"),
    null,
  ],
  [add("constraint c check (amount > 0)"), keeps(ALTER), "check-without-not-valid"],
  [add("constraint c check (amount > 0) not valid"), keeps(ALTER), null],
  [add("constraint c unique (amount)"), keeps(ALTER), "constraint-builds-index"],
  [alter("validate constraint orders_amount_check"), keeps("SHARE UPDATE EXCLUSIVE"), null],
  [alter("alter column amount set not null"), keeps(ALTER), "set-not-null"],
  [alter("drop column note"), keeps(ALTER), "drop-in-expand"],
  [alter("drop constraint orders_amount_check"), keeps(ALTER), null],
  [alter("rename column note to remark"), keeps(ALTER), "rename-in-expand"],
  [alter("rename to purchases"), keeps(ALTER), "rename-in-expand"],
  [alter("set unlogged"), REWRITES, "table-rewrite"],
  ["create index c on orders (amount);", keeps("SHARE"), "index-without-concurrently"],
  ["create unique index c on orders (id);", keeps("SHARE"), "index-without-concurrently"],
  ["drop index orders_note_idx;", keeps(ALTER), "drop-index-without-concurrently"],
  ["reindex table orders;", keeps("SHARE"), "reindex-without-concurrently"],
  ["reindex index orders_note_idx;", keeps("SHARE"), "reindex-without-concurrently"],
  ["cluster orders using orders_note_idx;", REWRITES, "table-rewrite"],
  ["truncate orders;", REWRITES, "truncate"],
  ["delete from orders;", keeps("ROW EXCLUSIVE"), "all-rows"],
  ["update orders set note = 'x';", keeps("ROW EXCLUSIVE"), "all-rows"],
  ["lock table orders in exclusive mode;", keeps("EXCLUSIVE"), "lock-table"],
  [
    "create trigger c before update on orders for each row execute function touch();",
    keeps("SHARE ROW EXCLUSIVE"),
    null,
  ],
  ["drop trigger touched on orders;", keeps(ALTER), null],
  ["drop view order_notes;", keeps(null), "drop-in-expand"],
  ["alter type order_state add value 'old';", keeps(null), null],
  ["comment on table orders is 'x';", keeps("SHARE UPDATE EXCLUSIVE"), null],
];

describe.each(inject("servers"))("what statements really do on Postgres $major", (server) => {
  let database = "";
  beforeAll(async () => {
    const { name } = await createDatabase(server);
    await withClient(settingsOf(server, name), (client) => client.query(TABLES));
    database = name;
  });

  test.each([...TYPES, ...STATEMENTS])(
    "%s takes the lock and does the work that the rules count with",
    async (statement, real, rule) => {
      await withClient(settingsOf(server, database), async (client) => {
        // timestamp to timestamptz is a change of the label only where the zone is UTC.
        await client.query("set timezone = 'Europe/Berlin'");
        expect(await inTransaction(client, statement)).toEqual(real);
      });
      const { findings } = await lint({ "001_a.sql": statement });
      const found = findings.filter((finding) => finding.rule !== "missing-down");
      expect(found.map((finding) => finding.rule)).toEqual(rule === null ? [] : [rule]);
      // A finding names the lock on the table that the statement names; a view's is the view's.
      const named = found.flatMap(({ lock }) => (lock === null ? [] : [lock.mode]));
      expect(named.filter((mode) => real.lock !== null && mode !== real.lock)).toEqual([]);
    },
  );

  test("timestamp to timestamptz rewrites nothing where the session's zone is UTC", async () => {
    await withClient(settingsOf(server, database), async (client) => {
      await client.query("set timezone = 'UTC'");
      expect(await inTransaction(client, type("at", "timestamptz"))).toEqual(keeps(ALTER));
    });
  });
});

/** Runs a statement in a transaction that is rolled back, and looks what it holds and has rewritten. */
async function inTransaction(client: Client, statement: string): Promise<Real> {
  const { rows: before } = await client.query<{ oid: number; file: number }>(
    "select oid, relfilenode as file from pg_class where oid = 'orders'::regclass",
  );
  const [table] = before;
  await client.query(`begin; ${statement}`);
  const { rows: locks } = await client.query<{ mode: string }>(
    "select mode from pg_locks where pid = pg_backend_pid() and relation = $1 and granted",
    [table?.oid],
  );
  const { rows: after } = await client.query<{ file: number }>(
    "select relfilenode as file from pg_class where oid = $1",
    [table?.oid],
  );
  await client.query("rollback");
  const modes = locks.map(({ mode }) => mode);
  const lock = LOCK_MODES.findLast((mode) => modes.includes(catalogName(mode))) ?? null;
  return { lock, rewrites: after[0]?.file !== table?.file };
}
