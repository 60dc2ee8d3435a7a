import { describe, expect, inject, test } from "vitest";

import { DRILLS, LONG_DRILLS, seeds, summaryOf, tableFiles } from "./drills.ts";
import { runRunner, withFolder } from "./runner-process.ts";
import { createDatabase, rowsOf } from "./test-database.ts";

const COUNT = 30;

describe.each(inject("servers"))("drills on Postgres $major", (server) => {
  test.each(seeds(DRILLS))("10 runners on an empty database (run %i)", async () => {
    const database = await createDatabase(server);
    await withFolder(tableFiles(COUNT), async (folder) => {
      const env = { DATABASE_URL: database.url, MIGRATIONS_DIR: folder.path };
      const ended = await Promise.all(Array.from({ length: 10 }, () => runRunner(["up"], env)));
      const failed = ended.filter(({ code }) => code !== 0).map(({ out, err }) => out + err);
      expect(failed).toEqual([]);
    });
    expect(await summaryOf(database)).toEqual({
      applied: COUNT,
      logged: COUNT,
      tables: COUNT,
      indexes: COUNT,
    });
  });

  test.each(seeds(LONG_DRILLS))("4 runners and a CREATE INDEX CONCURRENTLY (run %i)", async () => {
    const database = await createDatabase(server);
    const files = {
      "001_t.sql": "create table t1 (id int);\ninsert into t1 select generate_series(1, 20000);\n",
      "002_i.sql": "-- tidegate:no-transaction\ncreate index concurrently t1_id on t1 (id);\n",
    };
    await withFolder(files, async (folder) => {
      const env = { DATABASE_URL: database.url, MIGRATIONS_DIR: folder.path };
      const ended = await Promise.all(Array.from({ length: 4 }, () => runRunner(["up"], env)));
      const failed = ended.filter(({ code }) => code !== 0).map(({ out, err }) => out + err);
      expect(failed).toEqual([]);
    });
    const indexes = "select indisvalid as valid from pg_index where indexrelid = 't1_id'::regclass";
    expect(await rowsOf(server, database.name, indexes)).toEqual([{ valid: true }]);
    expect(await summaryOf(database)).toEqual({ applied: 2, logged: 2, tables: 1, indexes: 1 });
  });
});
