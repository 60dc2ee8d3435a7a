import { expect, test } from "vitest";
import { SQUAWK } from "../../../src/lint/squawk-rules.ts";
import { lint } from "./lint.ts";

/** What squawk finds by each of its rules (sbdchd/squawk at 5125ddf5), in its own words where they are short. */
const FOUND_BY_SQUAWK: Readonly<Record<string, string>> = {
  "adding-field-with-default":
    "alter table t add column c uuid not null default gen_random_uuid();",
  "adding-foreign-key-constraint":
    "alter table t add constraint f foreign key (a) references u (id);",
  "adding-not-nullable-field": "alter table t alter column a set not null;",
  "adding-required-field": "alter table t add column c text not null;",
  "adding-serial-primary-key-field": "alter table t add column id serial primary key;",
  "ban-alter-domain-with-add-constraint": "alter domain d add constraint c check (value > 0);",
  "ban-char-field": "create table n (a char(10));",
  "ban-concurrent-index-creation-in-transaction": "create index concurrently i on t (a);",
  "ban-create-domain-with-constraint": "create domain d as int check (value > 0);",
  "ban-drop-column": "alter table t drop column a;",
  "ban-drop-database": "-- tidegate:no-transaction\ndrop database d;",
  "ban-drop-not-null": "alter table t alter column a drop not null;",
  "ban-drop-table": "drop table t;",
  "ban-duplicate-column-assignments": "update t set a = 1, a = 2 where b = 3;",
  "ban-truncate-cascade": "truncate t cascade;",
  "ban-uncommitted-transaction": "begin;",
  "changing-column-type": "alter table t alter column a type text using a::text;",
  "constraint-missing-not-valid":
    "alter table t add constraint c check (a > 0), add foreign key (a) references u (id);",
  "disallowed-unique-constraint": "alter table t add constraint k unique (a);",
  "identifier-too-long": `create table ${"a".repeat(64)} (b int);`,
  "prefer-bigint-over-int": "create table n (a int);",
  "prefer-bigint-over-smallint": "create table n (a smallint);",
  "prefer-identity": "create table n (a serial);",
  "prefer-repack": "-- tidegate:no-transaction\nvacuum full t;",
  "prefer-robust-stmts": "create table n (a bigint);",
  "prefer-text-field": "create table n (a varchar(10));",
  "prefer-timestamp-tz": "create table n (a timestamp);",
  "renaming-column": "alter table t rename column a to b;",
  "renaming-table": "alter table t rename to u;",
  "require-concurrent-index-creation": "create index i on t (a);",
  "require-concurrent-index-deletion": "drop index i;",
  "require-concurrent-partition-detach": "alter table t detach partition p;",
  "require-concurrent-reindex": "reindex table t;",
  "require-enum-value-ordering": "alter type e add value 'x';",
  "require-lock-timeout": "set lock_timeout = 0;",
  "require-statement-timeout": "set statement_timeout = 0;",
  "require-table-schema": "create table n (a bigint);",
  "require-timeout-settings": "set lock_timeout = 0;",
  "syntax-error": "selec 1;",
  "transaction-nesting": "begin;",
  "unused-ignore": "-- tidegate: allow truncate because t is a cache\nselect 1;",
};

/** Those that the reading of a folder refuses in a .sql file: here they are sent by code. */
const IN_CODE = [
  "ban-concurrent-index-creation-in-transaction",
  "ban-uncommitted-transaction",
  "transaction-nesting",
];

test("every rule of squawk is in the table, and nothing else", () => {
  expect(Object.keys(SQUAWK)).toEqual(Object.keys(FOUND_BY_SQUAWK));
});

test("one that has no counterpart says why", () => {
  const silent = Object.entries(SQUAWK).filter(
    ([, { rules, why = "" }]) => rules.length === 0 && why.length < 20,
  );
  expect(silent).toEqual([]);
});

test("what squawk finds is found by the rules that the table names, and by none where it names none", async () => {
  const names = Object.keys(FOUND_BY_SQUAWK);
  const files = names.flatMap((name, i): [string, string][] => {
    const version = `${String(i + 1).padStart(3, "0")}_x`;
    const sql = FOUND_BY_SQUAWK[name] ?? "";
    if (!IN_CODE.includes(name)) return [[`${version}.sql`, sql]];
    const body = `await sql\`${sql}\`.execute(db);`;
    return [
      [
        `${version}.ts`,
        `import { sql } from "kysely";\nexport async function up(db) { ${body} }\nexport async function down() {}\n`,
      ],
    ];
  });
  const { findings } = await lint(Object.fromEntries(files));
  const rulesOf = (name: string): string[] => {
    const version = `${String(names.indexOf(name) + 1).padStart(3, "0")}_x`;
    return findings
      .filter(({ migration, rule }) => migration === version && rule !== "missing-down")
      .map(({ rule }): string => rule);
  };
  const table = (name: string): readonly string[] =>
    // Its BEGIN is found by the rule of `transaction-nesting` where code sends it.
    SQUAWK[name === "ban-uncommitted-transaction" ? "transaction-nesting" : name]?.rules ?? [];
  const pairs = (of: (name: string) => readonly string[]): [string, ReadonlySet<string>][] =>
    names.map((name) => [name, new Set(of(name))]);
  expect(pairs(rulesOf)).toEqual(pairs(table));
});
