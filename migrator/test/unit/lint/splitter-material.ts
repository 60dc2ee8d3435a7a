import { pick, randomOf } from "./random.ts";

const VALUES = [
  "1",
  "1.5e-3",
  "0x1F",
  "1_000",
  "'a'",
  "'a;b'",
  "'it''s;'",
  "'\\'",
  "E'\\';'",
  "E'a''\\\\'",
  "e'\\\\'",
  "'a'\n  'b;'",
  "E'a' -- '\n 'b\\';'",
  "U&'d\\0061;'",
  "U&'d!0061' uescape '!'",
  "N'x;'",
  "B'01'",
  "X'1F'",
  "$$;$$",
  "$a$ $$ ; $a$",
  "$ü$;'$ü$",
  "$_1$;$_1$",
  "a$b$",
  '"a;b"',
  '"a""b"',
  "(select 1)",
  "null",
  "case when true then 1 else 2 end",
  'a."case"',
  "date'2026-01-01'",
  "interval '1 day;'",
  "$1",
  "@-1",
  "array[1,2]",
  "'x'::text",
  "1<!--;\n2",
  "a -- ;\n",
  "/* ; */ 1",
  "/* a /* b; */ ; */ 1",
  "/*/ ; */ 2",
  "'/*'",
  "'--'",
  "1-/* ; */-1",
  "ü",
  "a->>'b;'",
  "1 \f\v",
  "current_timestamp",
  "'\r\n;'",
];
const STATEMENTS: readonly ((v: () => string) => string)[] = [
  (v) => `select ${v()}, ${v()}`,
  (v) => `select ${v()} as end, 1 as begin, 2 as "case"`,
  (v) => `insert into t values (${v()}, ${v()})`,
  (v) => `update t set a = ${v()} where b = ${v()}`,
  (v) => `create rule r as on insert to t do also (select ${v()}; delete from u; select 2)`,
  (v) => `create function f() returns int language sql begin atomic select ${v()}; select 2; end`,
  (v) =>
    `create or replace function f(a int) returns int begin atomic select case when a = 1 then ${v()} else case a when 2 then 3 end end; end`,
  () =>
    "create procedure p() language sql begin atomic insert into t values (1); select 1 end; end",
  (v) =>
    `create function g() returns void language plpgsql as $f$ begin perform ${v().replaceAll("$f$", "")}; end $f$`,
  (v) => `do $do$ begin raise notice '%', ${v().replaceAll("$do$", "")}; end; $do$`,
  () => 'create table begin_atomic ("end" int, "case" text default \';\')',
  () => "create function h() returns int language sql return case when true then 1 end",
  (v) => `prepare q as select ${v()}`,
  () => "begin",
  () => "end",
  () => "commit and chain",
  () => "comment on table t is ';'",
  (v) => `create view v as select ${v()}`,
  () => "alter table t add column c text default 'a;b', add check (c <> ';')",
  () => "create schema s create table t (a int) create view v as select 1",
  () => "select 1 union select 2 order by 1",
  () => "explain (analyze) select ';'",
  () => "notify c, 'a;b'",
  () => "copy t to stdout",
  () => "select a$1 from t$2 as b$$",
  () => "values (1), (2)",
];
const SPACES = [
  " ",
  "\n",
  "\t",
  "\r\n",
  " -- ;\n",
  "/* ; */",
  "/* /* ; */ ' */",
  "--\n",
  "\f",
  "\n-- '\n",
];
// Without CASE: as a label without AS (`select 1 case`) it misleads psql too, inside BEGIN ATOMIC.
const NOISE = [
  "'",
  '"',
  "$$",
  "$a$",
  ";",
  "--",
  "/*",
  "*/",
  "(",
  ")",
  "\\",
  "E'",
  "begin atomic ",
  " end ",
  "\n",
  "\r",
  "ü",
  "😀",
  "$",
  "-",
  "/",
  "*",
];

/** Files of statements that Postgres knows, most of which it takes as they stand. */
export function generatedFiles(seed: number, files: number): readonly string[] {
  const random = randomOf(seed);
  const value = (): string => pick(random, VALUES);
  return Array.from({ length: files }, () => {
    const parts: string[] = [];
    const count = Math.floor(random() * 5);
    for (let i = 0; i < count; i += 1) {
      if (random() < 0.4) parts.push(pick(random, SPACES));
      parts.push(pick(random, STATEMENTS)(value));
      if (random() < 0.4) parts.push(pick(random, SPACES));
      if (i < count - 1 || random() < 0.5) parts.push(random() < 0.1 ? ";;" : ";");
    }
    if (random() < 0.3) parts.push(pick(random, SPACES));
    return parts.join("");
  });
}

/** The same with up to three pieces of noise in each; Postgres takes a part of them. */
export function damagedFiles(seed: number, files: number): readonly string[] {
  const random = randomOf(seed + 1);
  const value = (): string => pick(random, VALUES);
  return Array.from({ length: files }, () => {
    let text = [1, 2].map(() => pick(random, STATEMENTS)(value)).join(";\n");
    const times = 1 + Math.floor(random() * 3);
    for (let i = 0; i < times; i += 1) {
      const at = Math.floor(random() * (text.length + 1));
      const cut = random() < 0.3 ? Math.floor(random() * 4) : 0;
      text = text.slice(0, at) + pick(random, NOISE) + text.slice(at + cut);
    }
    return text;
  });
}
