import type { RuleText } from "./rule-list.ts";

/** Rules about locks that last as long as the work that is done under them. */
export const WORK_RULES = {
  "work-behind-lock": {
    severity: "warning",
    title: "rows written or read behind a lock of the same transaction",
    why: "ALTER TABLE, CREATE INDEX, CREATE TRIGGER and REFERENCES (on the table that is referred to) take locks that are held until the migration ends. An UPDATE, DELETE, MERGE, INSERT … SELECT, CREATE TABLE … AS or COPY behind them makes a moment last as long as the work.",
    example: `alter table orders add column total int;
update orders set total = amount where total is null;`,
    lock: "ACCESS EXCLUSIVE",
    safe: `alter table orders add column total int;
-- in the next migration:
update orders set total = amount where total is null;`,
  },
  "domain-constraint": {
    severity: "warning",
    title: "a domain whose values are checked at once",
    why: "Every table with a column of the domain is read, one after the other, and none of them can be written until the migration ends. VALIDATE CONSTRAINT of a domain does the same.",
    setup: "create domain quantity as int; alter table orders add column pieces quantity;",
    example: "alter domain quantity add constraint quantity_check check (value > 0);",
    lock: "SHARE",
    safe: `alter domain quantity add constraint quantity_check check (value > 0) not valid; -- for new values
alter table orders add constraint orders_pieces_check check (pieces > 0) not valid; -- for the old ones
-- in the next migration:
alter table orders validate constraint orders_pieces_check;`,
  },
  "attach-partition-reads-rows": {
    severity: "warning",
    title: "a partition whose rows are checked while it is attached",
    why: "The new partition can be neither read nor written while each of its rows is compared with the bounds, nor can the default partition while it is searched for rows that belong into the new one. A validated CHECK that says the same spares the reading.",
    setup:
      "create table events (at date) partition by range (at); create table events_2026 (at date);",
    example:
      "alter table events attach partition events_2026 for values from ('2026-01-01') to ('2027-01-01');",
    lock: "ACCESS EXCLUSIVE",
    table: "events_2026",
    safe: `alter table events_2026 add constraint events_2026_bounds
  check (at is not null and at >= '2026-01-01' and at < '2027-01-01') not valid;
-- in the next migration:
alter table events_2026 validate constraint events_2026_bounds;
-- in the one after it:
alter table events attach partition events_2026 for values from ('2026-01-01') to ('2027-01-01');
alter table events_2026 drop constraint events_2026_bounds;`,
  },
} as const satisfies Record<string, RuleText>;
