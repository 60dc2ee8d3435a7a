import type { RuleText } from "./rule-list.ts";

/** Rules about what running code survives, about data, and about what cannot be judged. */
export const CHANGE_RULES = {
  syntax: {
    severity: "error",
    title: "SQL that Postgres does not parse",
    why: "It fails for certain. The parser is that of PostgreSQL 18.",
    example: "selec 1;",
    safe: "-- correct the statement",
  },
  "not-in-transaction": {
    severity: "error",
    title: "a statement that cannot run in a transaction, or that would end it",
    why: "Postgres refuses it (CONCURRENTLY, VACUUM), or it would cut the migration from its record (COMMIT). Of .sql files the reading of the folder finds it already.",
    example: "create index concurrently orders_note_idx on orders (note);",
    safe: "-- tidegate:no-transaction\ncreate index concurrently orders_note_idx on orders (note);",
  },
  "rename-in-expand": {
    severity: "error",
    title: "a rename before the rollout",
    why: "The code that runs now uses the old name, and fails from this moment until its last pod is gone.",
    example: "alter table orders rename column note to remark;",
    lock: "ACCESS EXCLUSIVE",
    safe: `alter table orders add column remark text;
-- write both columns from the service, fill the old rows, read the new column;
-- drop the old one in a contract migration (NNN_name.contract.sql, or the first line "-- tidegate:phase contract")`,
  },
  "drop-in-expand": {
    severity: "error",
    title: "a drop before the rollout",
    why: "The code that runs now still uses it. A contract migration runs after the rollout.",
    example: "alter table orders drop column note;",
    lock: "ACCESS EXCLUSIVE",
    safe: `-- tidegate:phase contract
alter table orders drop column note;`,
  },
  "drop-not-null": {
    severity: "warning",
    title: "DROP NOT NULL before the rollout",
    why: "The new code may write a NULL that the code that runs now cannot read.",
    example: "alter table orders alter column number drop not null;",
    lock: "ACCESS EXCLUSIVE",
    safe: `-- tidegate:phase contract
alter table orders alter column number drop not null;`,
  },
  "drop-cascade": {
    severity: "warning",
    title: "DROP … CASCADE",
    why: "What else goes is decided by the database, not by this file.",
    phase: "contract",
    example: "drop table orders cascade;",
    lock: "ACCESS EXCLUSIVE",
    safe: `drop materialized view order_totals;
drop table orders;`,
  },
  "add-required-column": {
    severity: "warning",
    title: "a required column without a default",
    why: "It fails where the table has a row, and INSERTs of the code that runs now fail afterwards.",
    example: "alter table orders add column channel text not null;",
    lock: "ACCESS EXCLUSIVE",
    safe: "alter table orders add column channel text not null default 'web';",
  },
  truncate: {
    severity: "warning",
    title: "TRUNCATE",
    why: "All rows go, and no way down brings them back.",
    example: "truncate orders;",
    lock: "ACCESS EXCLUSIVE",
    safe: "-- delete what is meant, in batches: delete from orders where id in (select id from orders where … limit 1000);",
  },
  "all-rows": {
    severity: "warning",
    title: "UPDATE or DELETE without WHERE",
    why: "Every row is locked until the migration ends; with DDL in the same transaction the whole table is.",
    example: `alter table orders add column channel text;
update orders set channel = 'web';`,
    lock: "ACCESS EXCLUSIVE",
    safe: `alter table orders add column channel text;
-- then in batches, each a transaction of its own, outside the migration or in one without DDL:
update orders set channel = 'web' where id between 1 and 1000 and channel is null;`,
  },
  "enum-value-used": {
    severity: "warning",
    title: "a new enum value used in the transaction that adds it",
    why: "Postgres refuses it: 55P04, unsafe use of new value.",
    example: `alter type order_state add value 'returned';
update orders set state = 'returned' where id = 1;`,
    safe: `alter type order_state add value 'returned';
-- in the next migration:
update orders set state = 'returned' where id = 1;`,
  },
  "missing-down": {
    severity: "warning",
    title: "a migration without a way down",
    why: "A rollback stops at it.",
    example: "create table returns (id bigint primary key);",
    safe: "-- NNN_name.down.sql\ndrop table returns;",
  },
  "migration-lock-released": {
    severity: "error",
    title: "a call that gives up the migration lock",
    why: "pg_advisory_unlock_all and DISCARD ALL release every advisory lock of the session, the runner's too, so that another run could begin beside this one. The runner refuses the migration at its end.",
    example: "select pg_advisory_unlock_all();",
    safe: "select pg_advisory_unlock(42); -- the lock that this migration took itself",
  },
  "security-definer-without-search-path": {
    severity: "warning",
    title: "SECURITY DEFINER without a search_path",
    why: "Whoever calls it decides where its names are looked up, and runs their own code as the owner.",
    example:
      "create function order_count() returns bigint language sql security definer as 'select count(*) from orders';",
    safe: "create function order_count() returns bigint language sql security definer set search_path = pg_catalog, public as 'select count(*) from orders';",
  },
  "grant-to-public": {
    severity: "warning",
    title: "GRANT … TO PUBLIC",
    why: "Every login of the server that may connect gets it; logins belong to services.",
    example: "grant select on orders to public;",
    safe: "-- grant it to the group role that needs it; of tables the default privileges do that already",
  },
  "unread-code": {
    severity: "warning",
    title: "SQL that cannot be read",
    why: "EXECUTE in a DO block sends what no check has seen, as do CALL and blocks in another language than PL/pgSQL. All other statements of a DO block are judged as if they stood in the file.",
    example: "do $$ begin execute 'drop table ' || quote_ident('orders'); end $$;",
    safe: "-- write the statement itself",
  },
  allowance: {
    severity: "error",
    title: "an allowance that allows nothing",
    why: "It names no rule, an unknown one or one that can't be allowed, or it gives no reason.",
    example: "-- tidegate: allow truncate\ntruncate orders;",
    safe: "-- tidegate: allow truncate because the table is a cache\ntruncate orders;",
  },
  "unused-allowance": {
    severity: "warning",
    title: "an allowance without a finding",
    why: "It stands above no statement, or its statement has no such finding: the next change behind it would go unseen.",
    example: "-- tidegate: allow truncate because the table is a cache\nselect 1;",
    safe: "-- delete the comment",
  },
} as const satisfies Record<string, RuleText>;
