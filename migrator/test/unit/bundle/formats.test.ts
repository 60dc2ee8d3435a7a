import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { bundleFolder, toDeliveredFiles } from "../../../src/bundle/index.ts";
import { mistakes, read, withFolder } from "./folder.ts";

const checksum = (text: string): string =>
  `sql1:${createHash("sha256").update(text).digest("hex")}`;

const DBMATE =
  "-- migrate:up transaction:false\ncreate index concurrently i on a (id);\n\n-- migrate:down\ndrop index i;\n";

test("reads both ways of a dbmate file, each with the lines of the file", async () => {
  const [migration] = await read({ "1_a.sql": DBMATE });
  expect(migration).toMatchObject({
    name: "1_a",
    transaction: false,
    checksum: checksum(DBMATE),
    statements: [{ line: 2 }],
    down: {
      kind: "sql",
      file: "1_a.sql",
      text: "\n\n\n\ndrop index i;\n",
      checksum: checksum(DBMATE),
    },
  });
  const [statement] = migration?.statements ?? [];
  expect(migration?.up.slice(statement?.start, statement?.end)).toBe(
    "create index concurrently i on a (id)",
  );
});

test("delivers both ways of one file as two, and reads them back equal", async () => {
  await withFolder({ "1_a.sql": DBMATE }, async (dir) => {
    const bundle = await bundleFolder(dir);
    const files = toDeliveredFiles(bundle);
    expect(Object.keys(files)).toEqual(["1_a.down.sql", "1_a.sql", "manifest.json"]);
    await withFolder(files, async (delivered) => {
      expect(await bundleFolder(delivered)).toEqual(bundle);
    });
  });
});

test("reads a goose file; NO TRANSACTION counts for both ways, an empty way down for none", async () => {
  const body = "create function f() returns int language plpgsql as $$ begin return 1; end $$;";
  expect(
    await read({
      "00001_a.sql": `-- +goose Up\n-- +goose StatementBegin\n${body}\n-- +goose StatementEnd\n-- +goose Down\n`,
      "00002_b.sql": "-- +goose NO TRANSACTION\n-- +goose Up\nvacuum;\n-- +goose Down\nvacuum;\n",
    }),
  ).toMatchObject([
    { name: "00001_a", transaction: true, statements: [{ line: 3 }], down: null },
    {
      name: "00002_b",
      transaction: false,
      statements: [{ line: 3 }],
      down: { text: "\n\n\n-- tidegate:no-transaction\nvacuum;\n" },
    },
  ]);
});

test("goose's StatementEnd ends a statement without a semicolon, and no character moves", async () => {
  const body = "create function f() returns int language sql as $$ select 1; $$";
  const text = `-- +goose Up
-- +goose StatementBegin
${body}
-- +goose StatementEnd
--+goose statementbegin
select 1;
--+goose statementend
select ';-- +goose StatementEnd'
-- +goose Down
-- +goose StatementBegin
drop function f()
-- +goose StatementEnd
select 2
`;
  const [migration] = await read({ "00001_a.sql": text });
  const { up = "", statements = [], down } = migration ?? {};
  expect(statements.map(({ start, end, line }) => [line, up.slice(start, end)])).toEqual([
    [3, body],
    [6, "select 1"],
    [8, "select ';-- +goose StatementEnd'"],
  ]);
  expect(up).toHaveLength(text.indexOf("-- +goose Down"));
  expect(migration?.checksum).toBe(checksum(text));
  expect(down).toMatchObject({
    text: `${"\n".repeat(9)}-- +goose StatementBegin\ndrop function f()\n;--+goose StatementEnd\nselect 2\n`,
  });
});

test.each([
  ["dbmate", "-- migrate:up\nselect 1\n-- migrate:down\nselect 2", "\n\n\nselect 2"],
  ["goose", "-- +goose Up\nselect 1\n-- +goose Down\nselect 2", "\n\n\nselect 2"],
])("%s: a way up without its last semicolon hides no way down", async (_, text, down) => {
  expect(await read({ "1_a.sql": text })).toMatchObject([
    { statements: [{ line: 2 }], down: { text: down } },
  ]);
});

const entry = (tag: string, when: number): object => ({ idx: 0, version: "7", when, tag });
const journal = (...tags: readonly string[]): string =>
  JSON.stringify({ entries: tags.map((tag, index) => entry(tag, index)) });

test("reads a Drizzle folder: a breakpoint ends a statement, the journal orders equal numbers", async () => {
  const migrations = await read({
    "0000_a.sql": "select 1\n--> statement-breakpoint\nselect '--> statement-breakpoint'",
    "0001_b.sql": "select 2",
    "0001_a.sql": "select 3",
    "schema.ts": "export {}",
    "meta/0000_snapshot.json": "{}",
    "meta/_journal.json": journal("0000_a", "0001_b", "0001_a"),
  });
  expect(migrations.map(({ name }) => name)).toEqual(["0000_a", "0001_b", "0001_a"]);
  expect(migrations[0]?.statements.map(({ line }) => line)).toEqual([1, 3]);
  expect(migrations[0]?.up).toBe(
    "select 1\n;--statement-breakpoint \nselect '--> statement-breakpoint'",
  );
});

test("a golang-migrate folder is plain SQL with ways down", async () => {
  expect(await read({ "1_x.up.sql": "select 1", "1_x.down.sql": "select 2" })).toMatchObject([
    { name: "1_x", file: "1_x.up.sql", down: { file: "1_x.down.sql" } },
  ]);
});

test("the suffix .contract is the phase, and no part of the name", async () => {
  const code = "export const up = () => {};";
  const migrations = await read({
    "001_a.contract.sql": "select 1",
    "001_a.down.sql": "select 2",
    "002_b.contract.ts": code,
    "003_c.contract.up.sql": "-- tidegate: phase contract\nselect 1",
    "003_c.contract.down.sql": "select 2",
    "004_d.sql": "select 1",
  });
  expect(migrations.map(({ name, phase, down }) => [name, phase, down?.file])).toEqual([
    ["001_a", "contract", "001_a.down.sql"],
    ["002_b", "contract", undefined],
    ["003_c", "contract", "003_c.contract.down.sql"],
    ["004_d", "expand", undefined],
  ]);
});

test("two files with one number run in the order that they state", async () => {
  const migrations = await read({
    "001_a.sql": "-- tidegate: after 001_c\nselect 1",
    "001_b.sql": "select 1",
    "001_c.ts": "// tidegate:after 001_b\nexport const up = () => {};",
    "002_d.sql": "select 1",
  });
  expect(migrations.map(({ name }) => name)).toEqual(["001_b", "001_c", "001_a", "002_d"]);
});

const MIXED =
  "a folder is written in one format. Write all of it in one of them (only plain SQL and Kysely's TypeScript may be mixed)";
const NO_END =
  'this StatementBegin has no StatementEnd. Write "-- +goose StatementEnd" below its statement';
const SAME = (file: string): string =>
  `${file} has the number 1 too, so that their order is open. Give the one that is applied nowhere yet a higher number, or state the order: "tidegate:after ${file.split(".")[0]}" on top of this file`;

test.each<[string, Record<string, string>, string[]]>([
  [
    "dbmate with goose",
    { "001_a.sql": "-- migrate:up\nselect 1", "002_b.sql": "-- +goose Up\nselect 1" },
    [
      `002_b.sql: it is a file of goose ("-- +goose Up" on line 1), and 001_a.sql is a file of dbmate ("-- migrate:up" on line 1): ${MIXED}`,
    ],
  ],
  [
    "dbmate with plain SQL",
    { "001_a.sql": "select 1", "002_b.sql": "-- migrate:up\nselect 1" },
    [
      `002_b.sql: it is a file of dbmate ("-- migrate:up" on line 1), and 001_a.sql is plain SQL: ${MIXED}`,
    ],
  ],
  [
    "Drizzle with TypeScript",
    {
      "0000_a.sql": "select 1",
      "0001_b.ts": "export const up = () => {};",
      "meta/_journal.json": journal("0000_a", "0001_b"),
    },
    [
      `0001_b.ts: it is TypeScript or JavaScript, and 0000_a.sql is a file of Drizzle (meta/_journal.json): ${MIXED}`,
    ],
  ],
  [
    "a journal and files that disagree",
    {
      "0000_a.sql": "select 1",
      "0002_c.sql": "select 1",
      "meta/_journal.json": journal("0000_a", "0001_b"),
    },
    [
      "0002_c.sql: meta/_journal.json does not list it, so that Drizzle would never run it. Make it with drizzle-kit generate --custom, or delete it",
      "meta/_journal.json: it lists 0001_b, and there is no 0001_b.sql here. Put the file back",
    ],
  ],
  [
    "marks that dbmate does not know, and statements before its first",
    { "001_a.sql": "select 1;\n-- migrate:up env:X\nselect 2;\n-- migrate:up" },
    [
      '001_a.sql:1: this statement stands before "-- migrate:up", where dbmate runs none. Move it below',
      '001_a.sql:2: "env:X" of dbmate is not known here. Allowed are "migrate:up" and "migrate:down", each with "transaction:false" behind it',
      '001_a.sql:4: the mark "up" stands here twice, on line 2 too',
    ],
  ],
  [
    "goose's blocks that are not ended, not begun, or stand before its first mark",
    {
      "001_a.sql": "-- +goose Up\n-- +goose StatementBegin\nselect 1;\n",
      "002_b.sql":
        "-- +goose Up\n-- +goose StatementBegin\nselect 1;\n-- +goose Down\nselect 2;\n-- +goose StatementEnd\n",
      "003_c.sql":
        "-- +goose StatementBegin\n-- +goose StatementEnd\n-- +goose Up\n-- +goose StatementBegin\n-- +goose StatementBegin\nselect 1;\n-- +goose StatementEnd",
    },
    [
      `001_a.sql:2: ${NO_END}`,
      `002_b.sql:2: ${NO_END}`,
      '002_b.sql:6: this StatementEnd has no StatementBegin. Write "-- +goose StatementBegin" above its statement, or delete it',
      '003_c.sql:1: this StatementBegin stands before "-- +goose Up". Move it below',
      `003_c.sql:4: ${NO_END}`,
    ],
  ],
  [
    "a name and a directive of two phases",
    { "001_a.contract.sql": "-- tidegate:phase expand\nselect 1" },
    [
      "001_a.contract.sql: its name says .contract, and tidegate:phase says expand. Rename it, or delete the line",
    ],
  ],
  [
    "orders that contradict each other, and ones that order nothing",
    {
      "001_a.sql": "-- tidegate:after 001_b\nselect 1",
      "001_b.sql": "-- tidegate:after 001_a\nselect 1",
      "002_c.sql": "-- tidegate:after 001_a\nselect 1",
    },
    [
      '001_a.sql: their order goes in a circle: 001_a after 001_b after 001_a. Delete the "tidegate:after" of the one that is to run first',
      "002_c.sql: tidegate:after 001_a names no other migration of its number. Numbers order all else; delete the line",
    ],
  ],
  [
    "a circle of three beside a file that runs before it, and an order that is open",
    {
      "001_a.sql": "select 1",
      "001_b.sql": "-- tidegate:after 001_d\nselect 1",
      "001_c.sql": "-- tidegate:after 001_b\nselect 1",
      "001_d.sql": "-- tidegate:after 001_c\nselect 1",
      "002_a.sql": "select 1",
      "002_b.sql": "select 1",
    },
    [
      '001_b.sql: their order goes in a circle: 001_b after 001_d after 001_c after 001_b. Delete the "tidegate:after" of the one that is to run first',
      `002_b.sql: ${SAME("002_a.sql").replace("number 1", "number 2")}`,
    ],
  ],
  [
    "a journal of Drizzle that is no JSON, and nothing else of its folder",
    {
      "0000_a.sql": "select 1",
      "schema.ts": "export {}",
      "meta/0000_snapshot.json": "{}",
      "meta/_journal.json": "{",
    },
    ["meta/_journal.json: it is not JSON. Restore it as drizzle-kit wrote it"],
  ],
  [
    "a journal of Drizzle with an entry that is none",
    { "0000_a.sql": "select 1", "meta/_journal.json": '{"entries":[{"tag":"0000_a"}]}' },
    ["meta/_journal.json: entries[0] has no tag or no when. Restore it as drizzle-kit wrote it"],
  ],
  [
    "two files of one name",
    { "001_a.sql": "select 1", "001_a.ts": "export const up = () => {};" },
    [
      "001_a.ts: 001_a.sql is of the same name, by which the history tells migrations apart. Rename the one that is applied nowhere yet",
    ],
  ],
  [
    "a way down of a number that two files have",
    {
      "001_a.sql": "select 1",
      "001_b.sql": "-- tidegate:after 001_a\nselect 1",
      "rollback/001_rollback.sql": "select 1",
    },
    [
      "rollback/001_rollback.sql: it is a way down, and 001_a.sql and 001_b.sql have its number. Name it after its migration",
    ],
  ],
])("refuses %s", async (_, files, expected) => {
  expect(await mistakes(files)).toEqual(expected);
});
