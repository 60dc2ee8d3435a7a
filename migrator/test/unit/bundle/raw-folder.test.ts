import { createHash } from "node:crypto";
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { BundleError, bundleFolder } from "../../../src/bundle/index.ts";
import { mistakes, read, withFolder } from "./folder.ts";

const ALLOWED =
  "Allowed are NNN_name.sql, NNN_name.up.sql and NNN_name.ts (.mts, .cts, .js, .mjs, .cjs) with a number in front " +
  "and letters, digits, _ . - in the name, NNN_name.contract.sql for the contract phase; ways down as " +
  "NNN_name.down.sql, rollback/NNN_name.sql or rollback/NNN_rollback.sql; *.md and dotfiles, which are ignored; " +
  "and what a migration imports";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

test("reads SQL as plain data, in the order of its numbers", async () => {
  const sql = "create table a (id int);\ncreate index on a (id);\n";
  expect(
    await read({ "10_b.sql": "select 1", "9_a.sql": sql, "9_a.down.sql": "drop table a" }),
  ).toEqual([
    {
      name: "9_a",
      kind: "sql",
      phase: "expand",
      transaction: true,
      checksum: `sql1:${sha256(sql)}`,
      file: "9_a.sql",
      up: sql,
      statements: [
        { start: 0, end: 23, line: 1 },
        { start: 25, end: 47, line: 2 },
      ],
      down: {
        kind: "sql",
        file: "9_a.down.sql",
        text: "drop table a",
        checksum: `sql1:${sha256("drop table a")}`,
      },
    },
    {
      name: "10_b",
      kind: "sql",
      phase: "expand",
      transaction: true,
      checksum: `sql1:${sha256("select 1")}`,
      file: "10_b.sql",
      up: "select 1",
      statements: [{ start: 0, end: 8, line: 1 }],
      down: null,
    },
  ]);
});

test("reads one checksum from a file with CRLF and BOM and from one without", async () => {
  const [windows] = await read({ "001_a.sql": "\uFEFF-- a\r\nselect 1;\r\n" });
  const [unix] = await read({ "001_a.sql": "-- a\nselect 1;\n" });
  expect(windows).toEqual(unix);
});

test("gives every way down to its migration, whatever its number's zeros", async () => {
  const migrations = await read({
    "0001_a.sql": "select 1",
    "rollback/0001_a.sql": "select 2",
    "0002_b.up.sql": "select 1",
    "rollback/2_rollback.sql": "select 2",
    "0003_c.sql": "select 1",
    "rollback/0003_rollback_c.sql": "select 2",
    "0004_d.up.sql": "select 1",
    "0004_d.down.sql": "-- tidegate:no-transaction\ndrop index concurrently i",
    "0005_e.ts": "export async function up() {}",
    "0005_e.down.sql": "select 2",
    "0006_rollback_f.sql": "select 1",
  });
  expect(migrations.map(({ name, file, down }) => [name, file, down?.file, down?.kind])).toEqual([
    ["0001_a", "0001_a.sql", "rollback/0001_a.sql", "sql"],
    ["0002_b", "0002_b.up.sql", "rollback/2_rollback.sql", "sql"],
    ["0003_c", "0003_c.sql", "rollback/0003_rollback_c.sql", "sql"],
    ["0004_d", "0004_d.up.sql", "0004_d.down.sql", "sql"],
    ["0005_e", "0005_e.ts", "0005_e.down.sql", "sql"],
    ["0006_rollback_f", "0006_rollback_f.sql", undefined, undefined],
  ]);
});

test("ignores dotfiles and Markdown, and allows gaps", async () => {
  const files = { ".gitkeep": "", "README.md": "", "rollback/NOTES.MD": "" };
  const migrations = await read({ ...files, "001_a.sql": "select 1", "900_b.sql": "select 1" });
  expect(migrations.map(({ name }) => name)).toEqual(["001_a", "900_b"]);
});

test("follows the links of which a mounted ConfigMap consists", async () => {
  const files = { "..2026/001_a.sql": "select 1", "..2026/rollback/001_rollback.sql": "select 2" };
  await withFolder(files, async (dir) => {
    await symlink("..2026", join(dir, "..data"));
    await symlink("..data/001_a.sql", join(dir, "001_a.sql"));
    await symlink("..data/rollback", join(dir, "rollback"));
    const { migrations } = await bundleFolder(dir);
    expect(migrations.map(({ file, down }) => [file, down?.file])).toEqual([
      ["001_a.sql", "rollback/001_rollback.sql"],
    ]);
  });
});

test("reports every mistake of every file at once, by file and line", async () => {
  await withFolder(
    {
      "001_a.sql": "select 1;\nselect 'a",
      "002_b.ts": "export async function up( {}",
      "003_c.sql": "-- nothing",
    },
    async (dir) => {
      const error: unknown = await bundleFolder(dir).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(BundleError);
      expect((error as BundleError).message).toBe(
        `3 mistakes in the migrations of ${dir}:\n` +
          "  001_a.sql:2: this quote is never closed. Close it before the end of the file\n" +
          '  002_b.ts:1: it cannot be compiled: Expected ")" but found end of file\n' +
          "  003_c.sql: it holds no statement. Write one, or delete it if nothing is left to do",
      );
    },
  );
});

test.each<[string, Record<string, string | Uint8Array>, string[]]>([
  [
    "two files with one number",
    { "001_a.sql": "select 1", "1_b.ts": "export function up() {}" },
    [
      '1_b.ts: 001_a.sql has the number 1 too, so that their order is open. Give the one that is applied nowhere yet a higher number, or state the order: "tidegate:after 001_a" on top of this file',
    ],
  ],
  [
    "unknown files and folders",
    {
      "001_a.sql": "select 1",
      "create.sql": "",
      "001_a.d.ts": "",
      "meta/notes.txt": "",
      "rollback/x/y": "",
    },
    [
      `001_a.d.ts: it is no migration. Delete it, or name it as one. ${ALLOWED}`,
      "create.sql: it is no migration. Delete it, or name it as one",
      "meta: it is no migration. Delete it, or name it as one",
      "rollback/x: it is no migration. Delete it, or name it as one",
    ],
  ],
  [
    "ways down without a migration",
    {
      "001_a.sql": "select 1",
      "001_b.down.sql": "select 1",
      "rollback/002_rollback.sql": "select 1",
    },
    [
      "001_b.down.sql: it is a way down, and there is no migration 001_b here (001_a.sql has its number). Name it after its migration, or delete it",
      "rollback/002_rollback.sql: it is a way down, and there is no migration 002_rollback here. Name it after its migration, or delete it",
    ],
  ],
  [
    "two ways down",
    {
      "001_a.sql": "select 1",
      "001_a.down.sql": "select 1",
      "rollback/001_rollback.sql": "select 1",
      "002_b.ts": "export const up = () => {}, down = () => {};",
      "002_b.down.sql": "select 1",
    },
    [
      "002_b.down.sql: 002_b.ts exports down, so that this migration has two ways down. Delete one of them",
      "rollback/001_rollback.sql: 001_a.down.sql is a way down of 001_a.sql too. Delete one of them",
    ],
  ],
  [
    "an empty way down",
    { "001_a.sql": "select 1", "001_a.down.sql": "-- later\n" },
    ["001_a.down.sql: it holds no statement. Write one, or delete it if there is no way down"],
  ],
  [
    "what is not text",
    {
      "001_a.sql": Buffer.from([0x73, 0xff]),
      "002_b.sql": "select 1\0",
      "003_c.ts": Buffer.from([0xff, 0xfe]),
    },
    [
      "001_a.sql: it is not UTF-8 text. Save it as UTF-8",
      "002_b.sql: it holds a NUL character (offset 8), which Postgres does not take. Delete it, or save the file as UTF-8",
      "003_c.ts: it is not UTF-8 text. Save it as UTF-8",
    ],
  ],
  [
    "a folder without a migration",
    { "README.md": "", ".gitkeep": "" },
    [
      `DIR: it holds no migration. Put one there, such as 001_create_users.sql, or name another folder. ${ALLOWED}`,
    ],
  ],
])("refuses %s", async (_, files, expected) => {
  expect(await mistakes(files)).toEqual(expected);
});

test("refuses a folder that is missing, and a file in its place", async () => {
  await withFolder({ file: "" }, async (dir) => {
    await expect(bundleFolder(join(dir, "none"))).rejects.toThrow(
      `${dir}/none: there is no such folder (${dir}/none). Name the folder that holds the migrations`,
    );
    await expect(bundleFolder(join(dir, "file"))).rejects.toThrow(
      `${dir}/file: this is no folder (${dir}/file). Name the folder that the file lies in`,
    );
    await mkdir(join(dir, "broken"));
    await symlink("nowhere", join(dir, "broken/001_a.sql"));
    await expect(bundleFolder(join(dir, "broken"))).rejects.toThrow(
      `${dir}/broken/001_a.sql is a link to nothing. Delete it, or put back what it points to`,
    );
  });
});
