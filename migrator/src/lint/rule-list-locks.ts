import type { RuleText } from "./rule-list.ts";

const NO_TRANSACTION = "-- tidegate:no-transaction";

/** Rules about locks that others wait for, and about work that is done under them. */
export const LOCK_RULES = {
  "index-without-concurrently": {
    severity: "warning",
    title: "an index built under a lock",
    why: "CREATE INDEX stops every write of the table until the index is built.",
    example: "create index orders_note_idx on orders (note);",
    lock: "SHARE",
    safe: `${NO_TRANSACTION}\ncreate index concurrently orders_note_idx on orders (note);`,
  },
  "drop-index-without-concurrently": {
    severity: "warning",
    title: "an index dropped under a lock",
    why: "DROP INDEX waits for every query of the table, and all later ones wait behind it.",
    setup: "create index orders_note_idx on orders (note);",
    example: "drop index orders_note_idx;",
    lock: "ACCESS EXCLUSIVE",
    safe: `${NO_TRANSACTION}\ndrop index concurrently orders_note_idx;`,
  },
  "reindex-without-concurrently": {
    severity: "warning",
    title: "an index rebuilt under a lock",
    why: "REINDEX stops every write of the table, and reads that would use the index.",
    example: "reindex table orders;",
    lock: "SHARE",
    safe: `${NO_TRANSACTION}\nreindex table concurrently orders;`,
  },
  "concurrently-without-name": {
    severity: "warning",
    title: "an index without a name, built CONCURRENTLY",
    why: "After a failed attempt the invalid index cannot be told from others, and the next attempt builds a second one.",
    noTransaction: true,
    example: "create index concurrently on orders (note);",
    safe: `${NO_TRANSACTION}\ncreate index concurrently orders_note_idx on orders (note);`,
  },
  "foreign-key-without-not-valid": {
    severity: "warning",
    title: "a foreign key that is checked at once",
    why: "Both tables can't be written while every row is looked up.",
    example:
      "alter table orders add constraint orders_customer_fkey foreign key (customer_id) references customers (id);",
    lock: "SHARE ROW EXCLUSIVE",
    safe: `alter table orders add constraint orders_customer_fkey foreign key (customer_id) references customers (id) not valid;
-- in the next migration:
alter table orders validate constraint orders_customer_fkey;`,
  },
  "check-without-not-valid": {
    severity: "warning",
    title: "a check that reads every row at once",
    why: "The table can be neither read nor written while all its rows are checked.",
    example: "alter table orders add constraint orders_amount_check check (amount >= 0);",
    lock: "ACCESS EXCLUSIVE",
    safe: `alter table orders add constraint orders_amount_check check (amount >= 0) not valid;
-- in the next migration:
alter table orders validate constraint orders_amount_check;`,
  },
  "validate-in-same-transaction": {
    severity: "warning",
    title: "VALIDATE CONSTRAINT behind a lock of the same transaction",
    why: "Alone it blocks nobody; here the lock of the statement before is held while every row is read.",
    example: `alter table orders add constraint orders_amount_check check (amount >= 0) not valid;
alter table orders validate constraint orders_amount_check;`,
    lock: "ACCESS EXCLUSIVE",
    safe: `alter table orders add constraint orders_amount_check check (amount >= 0) not valid;
-- in the next migration:
alter table orders validate constraint orders_amount_check;`,
  },
  "set-not-null": {
    severity: "warning",
    title: "SET NOT NULL that reads every row",
    why: "The table can be neither read nor written while Postgres looks for a NULL. With a validated CHECK (column IS NOT NULL) it doesn't look.",
    example: "alter table orders alter column customer_id set not null;",
    lock: "ACCESS EXCLUSIVE",
    safe: `alter table orders add constraint orders_customer_id_not_null check (customer_id is not null) not valid;
-- in the next migration:
alter table orders validate constraint orders_customer_id_not_null;
-- in the one after it:
alter table orders alter column customer_id set not null;
alter table orders drop constraint orders_customer_id_not_null;`,
  },
  "constraint-builds-index": {
    severity: "warning",
    title: "a key whose index is built under a lock",
    why: "The table can be neither read nor written while the index of a UNIQUE, PRIMARY KEY or EXCLUDE constraint is built.",
    example: "alter table orders add constraint orders_number_key unique (number);",
    lock: "ACCESS EXCLUSIVE",
    safe: `${NO_TRANSACTION}
create unique index concurrently orders_number_key on orders (number);
-- in the next migration:
alter table orders add constraint orders_number_key unique using index orders_number_key;`,
  },
  "add-column-rewrites": {
    severity: "warning",
    title: "a new column that rewrites the table",
    why: "A volatile default, serial, identity or a stored generated column is computed for every row, while the table can be neither read nor written. A constant default is not.",
    example: "alter table orders add column token uuid not null default gen_random_uuid();",
    lock: "ACCESS EXCLUSIVE",
    safe: `alter table orders add column token uuid;
alter table orders alter column token set default gen_random_uuid();
-- then fill the old rows in batches, and set NOT NULL as the rule set-not-null says`,
  },
  "column-type-change": {
    severity: "warning",
    title: "a changed type",
    why: "The table is rewritten, and can be neither read nor written meanwhile, unless the new type only lifts a limit (varchar(20) to varchar(40) or text, numeric(10,2) to numeric(12,2)). Old code meets the new type at once.",
    example: "alter table orders alter column amount type bigint;",
    lock: "ACCESS EXCLUSIVE",
    safe: `alter table orders add column amount_new bigint;
-- write both columns from the service, fill the old rows in batches, read the new column;
-- drop the old one in a contract migration`,
  },
  "table-rewrite": {
    severity: "warning",
    title: "a rewritten table",
    why: "VACUUM FULL, CLUSTER, SET LOGGED or UNLOGGED, SET TABLESPACE and SET ACCESS METHOD copy the whole table, which can be neither read nor written meanwhile.",
    setup: "create index orders_note_idx on orders (note);",
    example: "cluster orders using orders_note_idx;",
    lock: "ACCESS EXCLUSIVE",
    safe: "-- reclaim space with the extension pg_repack or pg_squeeze, which copy in the background",
  },
  "lock-table": {
    severity: "warning",
    title: "LOCK TABLE that stops writes",
    why: "Everybody waits until the migration ends, whatever it does meanwhile.",
    example: "lock table orders in share row exclusive mode;",
    lock: "SHARE ROW EXCLUSIVE",
    safe: "-- take no lock by hand: each statement takes the weakest one that it needs",
  },
  "two-tables-locked": {
    severity: "warning",
    title: "two tables locked in one transaction",
    why: "The first lock is held while the second one is waited for; code that takes them in the other order deadlocks.",
    example: `alter table customers add column nickname text;
alter table orders add column nickname text;`,
    lock: "ACCESS EXCLUSIVE",
    safe: `alter table customers add column nickname text;
-- in the next migration:
alter table orders add column nickname text;`,
  },
  "refresh-without-concurrently": {
    severity: "warning",
    title: "a materialized view refreshed under a lock",
    why: "The view can't be read while its query runs.",
    example: "refresh materialized view order_totals;",
    lock: "ACCESS EXCLUSIVE",
    table: "order_totals",
    safe: "refresh materialized view concurrently order_totals; -- needs a unique index on the view",
  },
  "detach-partition-without-concurrently": {
    severity: "warning",
    title: "a partition detached under a lock",
    why: "The partitioned table waits for all its readers, and everybody behind it.",
    setup:
      "create table events (at date) partition by range (at); create table events_2025 partition of events for values from ('2025-01-01') to ('2026-01-01');",
    example: "alter table events detach partition events_2025;",
    lock: "ACCESS EXCLUSIVE",
    table: "events",
    safe: `${NO_TRANSACTION}\nalter table events detach partition events_2025 concurrently;`,
  },
  "no-lock-timeout": {
    severity: "warning",
    title: "lock_timeout switched off or long",
    why: "The runner bounds every wait for a lock (at most 1 s, with retries); without that bound, or with one above 5 s, all queries queue behind a migration that waits.",
    example: "set local lock_timeout = 0;",
    safe: "-- delete the statement",
  },
} as const satisfies Record<string, RuleText>;
