import { expect, test } from "vitest";
import { lint } from "./lint.ts";

const DOWN = { "001_a.down.sql": "select 1;" };

async function found(sql: string): Promise<string[]> {
  const { findings } = await lint({ "001_a.sql": sql, ...DOWN });
  return findings.map(
    ({ line, rule, severity, message }) => `${line} ${severity} ${rule}: ${message}`,
  );
}

test.each([
  "-- tidegate: allow truncate because t is a cache\ntruncate t;",
  "-- tidegate:allow truncate because t is a cache\ntruncate t;",
  "select 1;\n-- first a word\n-- tidegate: allow truncate because t is a cache\n-- and another\ntruncate t;",
  "-- tidegate:no-transaction\n-- tidegate: allow truncate because t is a cache\ntruncate t;",
])("a reason directly above a statement silences the rule there: %j", async (sql) => {
  expect(await found(sql)).toEqual([]);
});

test("it silences that rule and that statement only", async () => {
  const allow = "-- tidegate: allow truncate because t is a cache";
  expect(await found(`${allow}\ntruncate t;\ntruncate u;\nlock table t;`)).toEqual([
    expect.stringMatching(/^3 warning truncate: all rows of u go/),
    expect.stringMatching(/^4 warning lock-table: /),
  ]);
});

test("a drop in an expand migration can be allowed", async () => {
  const sql = "-- tidegate: allow drop-in-expand because no release ever read it\ndrop table t;";
  expect(await found(sql)).toEqual([]);
});

test.each([
  [
    "allow truncate",
    '1 error allowance: it gives no reason, which the next reader needs. Write "tidegate: allow RULE because REASON"',
  ],
  [
    "allow truncate because",
    '1 error allowance: it gives no reason, which the next reader needs. Write "tidegate: allow RULE because REASON"',
  ],
  [
    "allow trunkate because it is a cache",
    '1 error allowance: there is no rule "trunkate". docs/lint.md lists them all',
  ],
  ["allow", '1 error allowance: it names no rule. Write "tidegate: allow RULE because REASON"'],
  [
    "allow syntax because I know",
    "1 error allowance: syntax can't be allowed: correct what it finds",
  ],
])("%s is refused, and silences nothing", async (comment, message) => {
  expect(await found(`-- tidegate: ${comment}\ntruncate t;`)).toEqual([
    message,
    expect.stringContaining("2 warning truncate"),
  ]);
});

test("an allowance without a finding is reported, as is one that is not directly above", async () => {
  const allow = "-- tidegate: allow truncate because t is a cache";
  const nothing = "nothing is found here that truncate would allow. Delete it";
  expect(await found(`${allow}\nselect 1;`)).toEqual([`1 warning unused-allowance: ${nothing}`]);
  const elsewhere = `warning unused-allowance: it stands directly above no statement, so that ${nothing}`;
  expect(await found(`${allow}\n\nselect 1;`)).toEqual([`1 ${elsewhere}`]);
  expect(await found(`select 1; ${allow}\ntruncate t;`)).toEqual([
    `1 ${elsewhere}`,
    expect.stringContaining("2 warning truncate"),
  ]);
  expect(await found(`select 1;\n${allow}`)).toEqual([`2 ${elsewhere}`]);
});

test("an allowance in a string or in a block comment is none", async () => {
  expect(await found("select '\n-- tidegate: allow truncate because x\n';\ntruncate t;")).toEqual([
    expect.stringContaining("4 warning truncate"),
  ]);
});

test("in TypeScript an allowance is of the whole file", async () => {
  const code = (comment: string): string =>
    `import { sql } from "kysely";\n${comment}\nexport async function up(db) { await sql\`truncate t\`.execute(db); }\nexport async function down() {}\n`;
  const rules = async (comment: string): Promise<string[]> =>
    (await lint({ "001_a.ts": code(comment) })).findings.map(({ rule }) => rule);
  expect(await rules("")).toEqual(["truncate"]);
  expect(await rules("// tidegate: allow truncate because t is a cache")).toEqual([]);
  expect(await rules("// tidegate: allow lock-table because t is a cache")).toEqual([
    "truncate",
    "unused-allowance",
  ]);
});
