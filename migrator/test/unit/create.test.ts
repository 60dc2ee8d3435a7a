import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { describe, expect, test } from "vitest";

import { bundleFolder } from "../../src/bundle/index.ts";
import { create } from "../../src/commands/create.ts";
import { nextNumber } from "../../src/commands/next-number.ts";

const NOW = new Date("2026-11-21T09:30:00Z");

describe("the number of a new migration", () => {
  test.each([
    [[], "0001"],
    [["README.md"], "0001"],
    [["001_a.sql", "009_b.ts"], "010"],
    [["1_a.sql"], "2"],
    [["999_a.sql"], "1000"],
    [["20260102030405_a.sql"], "20261121093000"],
    [["20300102030405_a.sql"], "20300102030406"],
    [["202601020304_a.sql"], "202611210930"],
  ])("behind %j is %s", (files, expected) => {
    expect(nextNumber(files, NOW)).toBe(expected);
  });
});

describe("create", () => {
  const withFolder = async (use: (folder: string) => Promise<void>): Promise<void> => {
    const root = await mkdtemp(join(tmpdir(), "tidegate-create-"));
    try {
      await use(join(root, "migrations"));
    } finally {
      await rm(root, { recursive: true });
    }
  };

  test("writes files that are valid as they stand, in SQL and in TypeScript, for both phases", async () => {
    await withFolder(async (folder) => {
      expect((await create({ folder, name: "Add email!", kind: "sql" })).files).toEqual([
        "0001_add_email.sql",
        "0001_add_email.down.sql",
      ]);
      await create({ folder, name: "backfill", kind: "ts" });
      const contract = true;
      expect((await create({ folder, name: "drop mail", kind: "sql", contract })).files).toEqual([
        "0003_drop_mail.contract.sql",
        "0003_drop_mail.contract.down.sql",
      ]);
      expect((await create({ folder, name: "drop more", kind: "ts", contract })).files).toEqual([
        "0004_drop_more.contract.ts",
      ]);
      const { migrations } = await bundleFolder(folder);
      expect(
        migrations.map(({ name, kind, phase, down }) => [name, kind, phase, down !== null]),
      ).toEqual([
        ["0001_add_email", "sql", "expand", true],
        ["0002_backfill", "typescript", "expand", true],
        ["0003_drop_mail", "sql", "contract", true],
        ["0004_drop_more", "typescript", "contract", true],
      ]);
    });
  });

  test("overwrites nothing", async () => {
    await withFolder(async (folder) => {
      await create({ folder, name: "a", kind: "sql" });
      await writeFile(join(folder, "0001_a.sql"), "select 2;\n");
      await create({ folder, name: "a", kind: "sql" });
      expect(await readdir(folder)).toHaveLength(4);
      expect(await readFile(join(folder, "0001_a.sql"), "utf8")).toBe("select 2;\n");
    });
  });

  const put = async (folder: string, files: Readonly<Record<string, string>>): Promise<void> => {
    for (const [file, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), text);
    }
  };

  test.each([
    ["dbmate", "20240101000000_a.sql", "-- migrate:up\nselect 1;\n", "20261121093000_b"],
    ["goose", "00001_a.sql", "-- +goose Up\nselect 1;\n", "00002_b"],
  ])("in a folder of %s one file has both ways", async (tool, file, text, name) => {
    await withFolder(async (folder) => {
      await put(folder, { [file]: text });
      const { files } = await create({ folder, name: "b", kind: "sql", now: NOW });
      expect(files).toEqual([`${name}.sql`]);
      await create({ folder, name: "c", kind: "sql", contract: true, now: NOW });
      const { migrations } = await bundleFolder(folder);
      expect(migrations.map(({ phase, down }) => [phase, down?.kind])).toEqual([
        ["expand", undefined],
        ["expand", "sql"],
        ["contract", "sql"],
      ]);
      await expect(create({ folder, name: "d", kind: "ts" })).rejects.toMatchObject({
        kind: "usage",
        message: `the files of ${folder} are ${tool}'s, which are SQL`,
        details: { next: "leave out --ts" },
      });
      expect(await readdir(folder)).toHaveLength(3);
    });
  });

  test.each(['{"entries":[]}', "{"])(
    "in a folder of Drizzle, with the journal %j, it names the command that lists the file",
    async (journal) => {
      await withFolder(async (folder) => {
        await put(folder, { "meta/_journal.json": journal });
        await expect(create({ folder, name: "Add email", kind: "sql" })).rejects.toMatchObject({
          kind: "usage",
          message: `${folder} is Drizzle's, whose journal must list every file`,
          details: { next: "drizzle-kit generate --custom --name=add_email" },
        });
        expect(await readdir(folder)).toEqual(["meta"]);
      });
    },
  );

  test.each<[what: string, files: Record<string, string>]>([
    ["two formats", { "001_a.sql": "select 1;", "002_b.sql": "-- migrate:up\nselect 1;" }],
    ["sql-migrate", { "001_a.sql": "-- +migrate Up\nselect 1;" }],
  ])("in a folder of %s it refuses as check does", async (_, before) => {
    await withFolder(async (folder) => {
      await put(folder, before);
      const refused: unknown = await bundleFolder(folder).catch((error: unknown) => error);
      if (!(refused instanceof Error)) throw new Error("the folder was taken");
      await expect(create({ folder, name: "c", kind: "sql" })).rejects.toMatchObject({
        kind: "usage",
        message: refused.message,
      });
      expect(await readdir(folder)).toHaveLength(Object.keys(before).length);
    });
  });

  test("a mistake in a file keeps nobody from writing the next one", async () => {
    await withFolder(async (folder) => {
      await put(folder, { "001_a.sql": "select 'open", "002_b.txt": "" });
      const { files } = await create({ folder, name: "c", kind: "sql" });
      expect(files[0]).toBe("003_c.sql");
    });
  });

  test("a name without a letter is wrong use", async () => {
    await withFolder(async (folder) => {
      await expect(create({ folder, name: "…", kind: "sql" })).rejects.toMatchObject({
        kind: "usage",
        message: '"…" names nothing',
      });
    });
  });
});
