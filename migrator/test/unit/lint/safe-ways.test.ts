import { expect, test } from "vitest";
import { RULES, type RuleText } from "../../../src/lint/rule-list.ts";
import { parseAll } from "../../../src/lint/parser-process.ts";
import { lint } from "./lint.ts";

/** The safe way of the first finding. */
async function safeOf(sql: string): Promise<string | undefined> {
  const { findings } = await lint({ "001_a.sql": sql, "001_a.down.sql": "select 1;" });
  return findings[0]?.safe;
}

const OWN_FILE = "-- tidegate:no-transaction, in a file of its own\n";

test.each([
  [
    "an index without a name gets the one that Postgres would give it",
    "create unique index on app.t using btree (a, lower(b)) where a > 1;",
    `${OWN_FILE}create unique index concurrently t_a_expr_idx on app.t using btree (a, lower(b)) where a > 1;`,
  ],
  [
    "also one that is built CONCURRENTLY",
    "-- tidegate:no-transaction\nCREATE INDEX CONCURRENTLY ON t (a);",
    "CREATE INDEX CONCURRENTLY t_a_idx ON t (a);",
  ],
  [
    "a long name is not longer than Postgres takes",
    `create index on ${"t".repeat(63)} (a);`,
    `${OWN_FILE}create index concurrently ${"t".repeat(59)}_idx on ${"t".repeat(63)} (a);`,
  ],
  [
    "IF EXISTS stays",
    "drop index if exists app.i;",
    `${OWN_FILE}drop index concurrently if exists app.i;`,
  ],
  [
    "IF NOT EXISTS stays",
    "create index if not exists i on t (a);",
    `${OWN_FILE}create index concurrently if not exists i on t (a);`,
  ],
  [
    "a check without a name gets one, to be validated by",
    "alter table app.t add check (a > 0);",
    "alter table app.t add constraint t_check check (a > 0) not valid;\n-- in the next migration:\nalter table app.t validate constraint t_check;",
  ],
  [
    "a foreign key without a name too",
    "alter table t add foreign key (a, b) references u (c, d);",
    "alter table t add constraint t_a_b_fkey foreign key (a, b) references u (c, d) not valid;\n-- in the next migration:\nalter table t validate constraint t_a_b_fkey;",
  ],
  [
    "a primary key stays one",
    "alter table t add primary key (a);",
    `${OWN_FILE}create unique index concurrently t_pkey on t (a);
-- in the next migration:
-- before it, set NOT NULL on each column as the rule set-not-null says: the key would read every row for it
alter table t add constraint t_pkey primary key using index t_pkey;`,
  ],
  [
    "of a new column too",
    "alter table t add column c int primary key;",
    `alter table t add column c …;
${OWN_FILE}create unique index concurrently t_pkey on t (c);
-- in the next migration:
-- before it, set NOT NULL on each column as the rule set-not-null says: the key would read every row for it
alter table t add constraint t_pkey primary key using index t_pkey;`,
  ],
  [
    "a unique key without a name gets one",
    "alter table t add unique (a);",
    `${OWN_FILE}create unique index concurrently t_a_key on t (a);
-- in the next migration:
alter table t add constraint t_a_key unique using index t_a_key;`,
  ],
  [
    "a new column that refers to a table gets its key afterwards",
    "alter table t add column c bigint default 1 references app.u (id);",
    `alter table t add column c …; -- without the key
alter table t add constraint t_c_fkey foreign key (c) references app.u (id) not valid;
-- in the next migration:
alter table t validate constraint t_c_fkey;`,
  ],
  [
    "a view stays a view",
    "alter view app.v rename to w;",
    "create view app.w as select …; -- the same query; drop app.v in a contract migration",
  ],
  [
    "its column stays one of a view",
    "alter view v rename column a to b;",
    `create or replace view v as select …; -- with b as one more column, at the end
-- drop a in a contract migration`,
  ],
  [
    "a table that is renamed leaves a view behind",
    "alter table app.t rename to u;",
    `-- above the rename, in one file with the view:
-- tidegate: allow rename-in-expand because a view keeps the old name
alter table app.t rename to u;
create view app.t as select * from app.u; -- for running code; drop it in a contract migration`,
  ],
  [
    "a table that moves leaves a view behind",
    'alter table "T x" set schema app;',
    `-- above the statement, in one file with the view:
-- tidegate: allow rename-in-expand because a view stays where it was
alter table "T x" set schema app;
create view "T x" as select * from app."T x"; -- for running code; drop it in a contract migration`,
  ],
  [
    "DROP … CASCADE goes without CASCADE",
    "-- tidegate:phase contract\ndrop table t cascade;",
    "-- drop first what depends on it, each by its name; without CASCADE the statement fails and lists it:\ndrop table t;",
  ],
  [
    "VACUUM FULL of a table",
    "-- tidegate:no-transaction\nvacuum full app.t;",
    "-- pg_repack --no-order --table=app.t copies in the background",
  ],
])("%s", async (_what, sql, safe) => {
  expect(await safeOf(sql)).toBe(safe);
});

test("a moved table says the lock that is taken", async () => {
  const { findings } = await lint({
    "001_a.sql": "alter table app.t set schema archive;",
    "001_a.down.sql": "select 1;",
  });
  expect(findings[0]).toMatchObject({
    rule: "rename-in-expand",
    message: "running code looks for the table app.t where it was, not in archive",
    lock: { mode: "ACCESS EXCLUSIVE", table: "app.t" },
  });
});

/** Statements that the rules find, on tables that no example of the documentation names. */
const RISKS = [
  "create index i on shop.t (a);",
  "drop index i;",
  "drop index if exists i, j;",
  "reindex table shop.t;",
  "reindex (verbose) index i;",
  "alter table shop.t add constraint f foreign key (a) references u;",
  "alter table shop.t add foreign key (a) references u, add check (a > 0);",
  "alter table shop.t alter column a set not null;",
  "alter table shop.t add constraint k exclude using gist (a with =);",
  "alter table shop.t add column a serial;",
  "alter table shop.t add column a int not null;",
  "alter table shop.t add column a int check (a > 0);",
  "alter table shop.t alter column a set expression as (b + 1);",
  "alter table shop.t alter column a type bigint;",
  "alter table shop.t set unlogged;",
  "alter table shop.t set tablespace fast;",
  "alter table shop.t rename column a to b;",
  "alter materialized view shop.m rename to n;",
  "alter function f(int) set schema app;",
  "alter type mood rename value 'a' to 'b';",
  "alter type address drop attribute street cascade;",
  "alter table shop.t drop column a cascade;",
  "alter table shop.t detach partition p;",
  "alter table shop.t attach partition p default;",
  "alter domain d set not null;",
  "alter domain d validate constraint c;",
  "drop owned by reports cascade;",
  "drop function f(int);",
  "truncate shop.t, shop.u cascade;",
  "lock table shop.t;",
  "refresh materialized view shop.m;",
  "update shop.t set a = 1;",
  "update shop.t set a = 1 where b = 2;",
  "alter table shop.u add column z int;",
  "alter table shop.t validate constraint c;",
  "alter type mood add value 'x';",
  "select 'x'::mood;",
  "cluster shop.t using i;",
  "create function f() returns int language sql security definer as 'select 1';",
  "grant select on shop.t to public;",
  "do $$ begin execute 'a' || 'b'; end $$;",
  "call p();",
  "select pg_advisory_unlock_all();",
  "do $$ begin perform pg_advisory_unlock_all(); end $$;",
  "set lock_timeout = 0;",
  "-- tidegate: allow truncate because t is a cache\nselect 1;",
  "-- tidegate: allow nothing because t is a cache\nselect 1;",
];

test("every finding of every rule says a safe way of its own tables, which parses and where no … is left", async () => {
  const rules: RuleText[] = Object.values(RULES satisfies Record<string, RuleText>);
  const examples = rules.map(({ example, phase, noTransaction }) =>
    [
      ...(phase === undefined ? [] : ["-- tidegate:phase contract"]),
      ...(noTransaction === undefined ? [] : ["-- tidegate:no-transaction"]),
      example,
    ].join("\n"),
  );
  const others = [...RISKS, "-- tidegate:no-transaction\nvacuum full shop.t;"];
  // Each alone, in the order of the list, and all of them in one transaction.
  const texts = [...examples, ...others, RISKS.join("\n")].filter(
    (text) => text !== RULES["not-in-transaction"].example,
  );
  const { findings } = await lint(
    Object.fromEntries(
      texts.map((text, i) => [`${String(i + 1).padStart(3, "0")}_x.sql`, `${text}\n`]),
    ),
  );
  const found = new Set<string>(findings.map(({ rule }) => rule));
  expect(Object.keys(RULES).filter((rule) => !found.has(rule))).toEqual(["not-in-transaction"]);
  expect(findings.filter(({ safe }) => !/\S/.test(safe))).toEqual([]);
  const ofExamples = /\b(?:orders|customers|events)\b/;
  const borrowed = findings.filter(
    ({ statement, safe }) =>
      statement !== null && !/orders|customers|events/.test(statement) && ofExamples.test(safe),
  );
  expect(borrowed).toEqual([]);
  const whole = findings.map(({ safe }) => safe).filter((safe) => !safe.includes("…"));
  const { texts: parsed } = await parseAll({ texts: whole, modules: [] });
  const broken = parsed.flatMap((each, i) => ("error" in each ? [[whole[i], each.error]] : []));
  expect(broken).toEqual([]);
});
