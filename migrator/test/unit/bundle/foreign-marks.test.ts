import { expect, test } from "vitest";
import { mistakes, read } from "./folder.ts";

const DOWN = "run as plain SQL, its way down would follow its way up";
const BASELINE = "What a database has of them already: migrator baseline VERSION";
const beside = "move what stands below that line into a file of its own, NNN_name.down.sql";

const SQL_MIGRATE = "-- +migrate Up\ncreate table a (id int);\n\n-- +migrate Down\ndrop table a;\n";

test.each<[tool: string, text: string, place: string, mark: string, harm: string, remedy: string]>([
  [
    "sql-migrate",
    SQL_MIGRATE,
    "001_a.sql:1",
    "-- +migrate Up",
    DOWN,
    'Write "-- +goose" for "-- +migrate" in all of them',
  ],
  [
    "micrate",
    SQL_MIGRATE.replaceAll("migrate", "micrate"),
    "001_a.sql:1",
    "-- +micrate Up",
    DOWN,
    'Write "-- +goose" for "-- +micrate" in all of them',
  ],
  [
    "tern",
    "create table a (id int);\n\n---- create above / drop below ----\n\ndrop table a;\n",
    "001_a.sql:3",
    "---- create above / drop below ----",
    DOWN,
    `For "---- create above / drop below ----" ${beside}`,
  ],
  [
    "tern",
    "---- tern: disable-tx ----\ncreate index concurrently i on a (id);\n",
    "001_a.sql:1",
    "---- tern: disable-tx ----",
    DOWN,
    'for "---- tern: disable-tx ----" write "-- tidegate:no-transaction"',
  ],
  [
    "MyBatis Migrations",
    "-- // first\ncreate table a (id int);\n\n-- //@UNDO\ndrop table a;\n",
    "001_a.sql:4",
    "-- //@UNDO",
    DOWN,
    `For "-- //@UNDO" ${beside}`,
  ],
  [
    "rambler",
    "-- rambler up\ncreate table a (id int);\n-- rambler down\ndrop table a;\n",
    "001_a.sql:1",
    "-- rambler up",
    DOWN,
    'Write "-- migrate:up" and "-- migrate:down" for its marks',
  ],
  [
    "node-pg-migrate",
    "\uFEFF-- Up Migration\r\ncreate table a (id int);\r\n\r\n-- Down Migration\r\ndrop table a;\r\n",
    "001_a.sql:4",
    "-- Down Migration",
    DOWN,
    'Write "-- migrate:up" and "-- migrate:down" for its marks, each on a line of its own',
  ],
  [
    "node-pg-migrate",
    "create table a (id int)\n  --- down  migration ---\ndrop table a",
    "001_a.sql:2",
    "--- down  migration ---",
    DOWN,
    'Write "-- migrate:up" and "-- migrate:down" for its marks, each on a line of its own',
  ],
  [
    "node-pg-migrate",
    "-- Down Migration of a\ndrop table a;\n-- Up Migration of a\ncreate table a ();\n",
    "001_a.sql:1",
    "-- Down Migration of a",
    DOWN,
    'Write "-- migrate:up" and "-- migrate:down" for its marks, each on a line of its own',
  ],
  [
    "Liquibase",
    "--liquibase formatted sql\n--changeset me:1\ncreate table a (id int);\n--rollback drop table a;\n",
    "001_a.sql:1",
    "--liquibase formatted sql",
    "run as plain SQL, its changesets, contexts and rollbacks would count for nothing",
    "Write each changeset as a file of its own",
  ],
])("a file of %s is no plain SQL: %j", async (tool, text, place, mark, harm, remedy) => {
  const [found, ...others] = await mistakes({ "001_a.sql": text });
  expect(others).toEqual([]);
  const what = `${place}: it is a file of ${tool} ("${mark}"), which is not read here: ${harm}. `;
  expect(found?.slice(0, what.length)).toBe(what);
  expect(found).toContain(remedy);
  expect(found?.endsWith(BASELINE)).toBe(true);
});

test("the way out is said once for each tool, and such a file says nothing of its folder's format", async () => {
  const found = await mistakes({
    "001_a.sql": "-- migrate:up\nselect 1;",
    "002_b.sql": SQL_MIGRATE,
    "003_c.sql": `\n${SQL_MIGRATE}`,
    "004_d.sql": "-- rambler up\nselect 1;",
  });
  expect(found.map((each) => each.replace(/ \(".*/, ""))).toEqual([
    "002_b.sql:1: it is a file of sql-migrate",
    "003_c.sql:2: it is a file of sql-migrate",
    "004_d.sql:1: it is a file of rambler",
  ]);
  expect(found.map((each) => each.includes(BASELINE))).toEqual([true, false, true]);
});

test("a way down in a file of its own is looked at too, but may be titled as one", async () => {
  const up = { "001_a.sql": "create table a (id int);" };
  expect(await mistakes({ ...up, "001_a.down.sql": SQL_MIGRATE })).toEqual([
    expect.stringMatching(/^001_a\.down\.sql:1: it is a file of sql-migrate /),
  ]);
  const titled = "-- Down Migration\ndrop table a;";
  expect(await read({ ...up, "001_a.down.sql": titled })).toMatchObject([
    { down: { text: titled } },
  ]);
});

test.each([
  "-- Up Migration\ncreate table a (id int);",
  "-- Up migration: makes the table a\n-- Down migration: in 001_a.down.sql\ncreate table a (id int);",
  "create table a (id int);\n-- Down Migration\n-- drop table a;",
  "-- Down migration is not possible, see the ticket\ncreate table a (id int);",
  "-- we migrate up and down here; +migrate Up is a mark of another tool\ncreate table a (id int);",
  "-- the rambler up there walks, and the rambler down there too\ncreate table a (id int);",
  "-- tern: a bird, and the fastest one\ncreate table a (id int);",
  "-- not a file of liquibase formatted sql\ncreate table a (id int);",
  "create table a (id int); -- Down Migration\nselect 1;",
  "insert into notes values ('\n-- +migrate Down\n---- create above / drop below ----\n');",
  "create function f() returns void language plpgsql as $$\nbegin\n-- Down Migration\nperform 1;\nend $$;\nselect 1;",
  "/*\n-- +migrate Up\n-- //@UNDO\n*/\ncreate table a (id int);",
  "-- +goose Up\n-- Up Migration\ncreate table a (id int);\n-- +goose Down\n-- Down Migration\ndrop table a;",
  "-- migrate:up\n-- Up Migration\ncreate table a (id int);\n-- migrate:down\n-- Down Migration\ndrop table a;",
])("an ordinary comment is no mark: %j", async (text) => {
  expect(await read({ "001_a.sql": text })).toHaveLength(1);
});
