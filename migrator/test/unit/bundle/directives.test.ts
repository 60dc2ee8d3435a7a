import { expect, test } from "vitest";
import { mistakes, read } from "./folder.ts";

test.each([
  ["-- tidegate:no-transaction\nselect 1", "expand", false],
  ["-- tidegate: no-transaction\nselect 1", "expand", false],
  ["-- tidegate: phase contract\nselect 1", "contract", true],
  ["-- tidegate:phase contract\nselect 1", "contract", true],
  ["-- tidegate:phase expand\nselect 1", "expand", true],
  [
    "/* why */\n\n--tidegate: phase  contract \r\n-- tidegate:no-transaction\r\nselect 1",
    "contract",
    false,
  ],
  ["-- as tidegate: says\nselect 1", "expand", true],
  ["select '\n-- tidegate:phase contract\n'", "expand", true],
])("reads SQL %j", async (sql, phase, transaction) => {
  expect(await read({ "001_a.sql": sql })).toMatchObject([{ phase, transaction }]);
});

test.each([
  ["// tidegate:phase contract\nexport function up() {}", "contract"],
  [
    "#!/usr/bin/env node\n/* a\n */ // b\n//tidegate:phase contract\nexport function up() {}",
    "contract",
  ],
  ["export function up() {}", "expand"],
])("reads TypeScript %j", async (code, phase) => {
  expect(await read({ "001_a.ts": code })).toMatchObject([{ phase, transaction: true }]);
});

const SQL =
  'Allowed here: "-- tidegate:no-transaction", "-- tidegate:phase expand", "-- tidegate:phase contract", "-- tidegate:after NAME"';
const CODE =
  'Allowed here: "// tidegate:phase expand", "// tidegate:phase contract", "// tidegate:after NAME"';

test.each([
  [
    "001_a.sql",
    "-- tidegate:no-transactions\nselect 1",
    `1: tidegate:no-transactions is not a directive. ${SQL}`,
  ],
  ["001_a.sql", "-- tidegate:phase\nselect 1", `1: tidegate:phase is not a directive. ${SQL}`],
  [
    "001_a.sql",
    "-- tidegate:phase late\nselect 1",
    `1: tidegate:phase late is not a directive. ${SQL}`,
  ],
  [
    "001_a.sql",
    "-- Tidegate:Phase contract\nselect 1",
    `1: tidegate:Phase contract is not a directive. ${SQL}`,
  ],
  [
    "001_a.sql",
    "/*\n tidegate:no-transaction */ select 1",
    `1: a directive is a line comment of its own. ${SQL}`,
  ],
  [
    "001_a.sql",
    "select 1;\n-- tidegate:no-transaction\n",
    "2: tidegate:no-transaction stands behind the first statement. Move it to the top of the file",
  ],
  [
    "001_a.sql",
    "-- tidegate:phase expand\n-- tidegate:phase contract\nselect 1",
    "2: tidegate:phase stands here twice, on line 1 too. Delete one of them",
  ],
  [
    "001_a.ts",
    "// tidegate:now\nexport function up() {}",
    `1: tidegate:now is not a directive. ${CODE}`,
  ],
  [
    "001_a.ts",
    "\n// tidegate:no-transaction\nexport function up() {}",
    "2: tidegate:no-transaction is for SQL files only: of a function that runs again after it was cut off, " +
      "finished statements cannot be skipped. Move what needs no transaction into a .sql file",
  ],
  [
    "001_a.ts",
    "import { sql } from 'kysely';\n\n  // tidegate:phase contract\nexport function up() { return sql; }",
    "3: tidegate:phase contract stands behind the first statement. Move it to the top of the file",
  ],
])("refuses in %s %j", async (file, text, expected) => {
  expect(await mistakes({ [file]: text })).toEqual([`${file}:${expected}`]);
});

test("refuses a phase in a way down", async () => {
  const down = "-- tidegate:phase contract\nselect 1";
  expect(await mistakes({ "001_a.sql": "select 1", "001_a.down.sql": down })).toEqual([
    "001_a.down.sql:1: a phase belongs to the migration, not to its way down. Delete this line",
  ]);
});
