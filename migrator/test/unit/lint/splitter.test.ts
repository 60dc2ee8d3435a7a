import { expect, test } from "vitest";
import { splitSql } from "../../../src/bundle/sql-statements.ts";
import { parseAll, type Parsed } from "../../../src/lint/parser-process.ts";
import { pick, randomOf, SEED } from "./random.ts";

async function parseTexts(texts: readonly string[]): Promise<readonly Parsed[]> {
  return (await parseAll({ texts, modules: [] })).texts;
}

/** A tree without places: those of a statement differ from those of the same one in a file. */
function shape(tree: unknown): unknown {
  if (Array.isArray(tree)) return tree.map(shape);
  if (typeof tree !== "object" || tree === null) return tree;
  return Object.fromEntries(
    Object.entries(tree)
      .filter(([key]) => !/(?:location|_len|list_start|list_end)$/.test(key))
      .map(([key, value]) => [key, shape(value)]),
  );
}

/**
 * Where the splitter and the parser differ: each statement of the splitter, parsed alone, is the
 * parser's; what lies between them is no statement; and what the parser takes is no mistake.
 */
async function differences(
  texts: readonly string[],
): Promise<{ accepted: number; found: string[] }> {
  const whole = await parseTexts(texts);
  const split = texts.map((text) => splitSql(text));
  const slices = texts.flatMap((text, i) =>
    (split[i]?.statements ?? []).map(({ start, end }) => text.slice(start, end)),
  );
  const gaps = texts.map((text, i) => {
    let from = 0;
    const parts: string[] = [];
    for (const { start, end } of split[i]?.statements ?? []) {
      parts.push(text.slice(from, start));
      from = end;
    }
    return [...parts, text.slice(from)].join("\n");
  });
  const parsedSlices = (await parseTexts(slices))[Symbol.iterator]();
  const parsedGaps = await parseTexts(gaps);
  let accepted = 0;
  const found: string[] = [];
  for (const [i, text] of texts.entries()) {
    const { statements = [], mistakes = [] } = split[i] ?? {};
    const alone = statements.map((): Parsed | undefined => parsedSlices.next().value);
    const tree = whole[i];
    if (tree === undefined || "error" in tree) continue;
    accepted += 1;
    const differ = (what: string): void => void found.push(`${what} in ${JSON.stringify(text)}`);
    if (mistakes.length > 0) differ(`a mistake: ${mistakes[0]?.message}`);
    else if (statements.length !== tree.stmts.length) {
      differ(`${statements.length} statements, not ${tree.stmts.length},`);
    } else {
      for (const [n, stmt] of tree.stmts.entries()) {
        const one = alone[n];
        const same =
          one !== undefined &&
          "stmts" in one &&
          JSON.stringify(one.stmts.map((each) => shape(each.stmt))) ===
            JSON.stringify([shape(stmt.stmt)]);
        if (!same) differ(`statement ${n + 1} is another`);
      }
      const gap = parsedGaps[i];
      if (gap === undefined || "error" in gap || gap.stmts.length > 0) {
        differ("more than comments and semicolons between statements");
      }
    }
  }
  return { accepted, found };
}

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

test(`the splitter and Postgres agree on generated files (seed ${SEED})`, async () => {
  const random = randomOf(SEED);
  const value = (): string => pick(random, VALUES);
  const texts = Array.from({ length: 3_000 }, () => {
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
  const { accepted, found } = await differences(texts);
  expect(found).toEqual([]);
  expect(accepted).toBeGreaterThan(texts.length / 2);
}, 60_000);

test(`the splitter and Postgres agree on damaged files that Postgres still takes (seed ${SEED})`, async () => {
  const random = randomOf(SEED + 1);
  const value = (): string => pick(random, VALUES);
  const texts = Array.from({ length: 6_000 }, () => {
    let text = [1, 2].map(() => pick(random, STATEMENTS)(value)).join(";\n");
    const times = 1 + Math.floor(random() * 3);
    for (let i = 0; i < times; i += 1) {
      const at = Math.floor(random() * (text.length + 1));
      const cut = random() < 0.3 ? Math.floor(random() * 4) : 0;
      text = text.slice(0, at) + pick(random, NOISE) + text.slice(at + cut);
    }
    return text;
  });
  const { accepted, found } = await differences(texts);
  expect(found).toEqual([]);
  expect(accepted).toBeGreaterThan(100);
}, 60_000);
