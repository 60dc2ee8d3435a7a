import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

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

  test("a name without a letter is wrong use", async () => {
    await withFolder(async (folder) => {
      await expect(create({ folder, name: "…", kind: "sql" })).rejects.toMatchObject({
        kind: "usage",
        message: '"…" names nothing',
      });
    });
  });
});
