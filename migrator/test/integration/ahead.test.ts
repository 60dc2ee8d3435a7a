import { describe, expect, inject, test } from "vitest";

import { runRunner, withFolder } from "./runner-process.ts";
import { createDatabase } from "./test-database.ts";

describe.each(inject("servers"))("a database that is ahead on Postgres $major", (server) => {
  test("is named in the verdict of up, which is all that a deploy shows of a Job", async () => {
    const database = await createDatabase(server);
    const env = (folder: { path: string; beside: (name: string) => string }) => ({
      DATABASE_URL: database.url,
      MIGRATIONS_DIR: folder.path,
      TERMINATION_MESSAGE_PATH: folder.beside("verdict"),
    });
    const first = { "001_a.sql": "create table a (id int);\n" };
    const newer = { ...first, "002_b.sql": "create table b (id int);\n" };
    await withFolder(newer, async (folder) => {
      expect(await runRunner(["up"], env(folder))).toMatchObject({ code: 0 });
    });
    await withFolder(first, async (folder) => {
      expect(await runRunner(["up"], env(folder))).toMatchObject({ code: 0 });
      expect(await folder.read("../verdict")).toBe(
        `${database.name}: nothing pending; at 002_b; ahead of this folder by 1: 002_b`,
      );
    });
  });
});
