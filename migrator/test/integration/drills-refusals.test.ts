import { rm } from "node:fs/promises";

import { describe, expect, inject, test } from "vitest";

import { between, DRILLS, random, seeds, summaryOf, tableFiles, tableName } from "./drills.ts";
import { type Ended, recordsOf, runRunner, withFolder } from "./runner-process.ts";
import { createDatabase } from "./test-database.ts";

describe.each(inject("servers"))("drills on Postgres $major", (server) => {
  test.each(seeds(DRILLS))(
    "an edited, a missing, a late and a failing file each stop the run before it does anything, and the way out works (seed %i)",
    async (seed) => {
      const next = random(seed);
      const database = await createDatabase(server);
      const count = between(next, 3, 8);
      const counts = (tables: number): unknown => ({
        applied: tables,
        logged: tables,
        tables,
        indexes: tables,
      });
      await withFolder(tableFiles(count), async (folder) => {
        const env = { DATABASE_URL: database.url, MIGRATIONS_DIR: folder.path };
        const up = (): Promise<Ended> => runRunner(["up"], env);
        const refused = async (): Promise<unknown> => {
          const { code, out } = await up();
          expect(code, out).toBe(1);
          return recordsOf(out).at(-1)?.["message"];
        };
        expect((await up()).code).toBe(0);
        const later = tableName(count + 2);
        const laterFile = `${later.slice(1)}_t.sql`;
        await folder.write(laterFile, `create table ${later} (id int primary key);\n`);

        const victim = `${tableName(between(next, 1, count)).slice(1)}_t`;
        const text = await folder.read(`${victim}.sql`);
        await folder.write(`${victim}.sql`, `${text}select 1;\n`);
        expect(await refused()).toMatch(
          new RegExp(`^${victim}.sql was changed after it was applied `),
        );
        await rm(folder.file(`${victim}.sql`));
        await rm(folder.file(`${victim}.down.sql`));
        expect(await refused()).toBe(
          `${victim} is applied and its file is gone, while newer files are here; put the file back as it was, or, where it only has another name now, \`migrator repair --rename ${victim}=NEW_NAME\``,
        );
        await folder.write(`${victim}.sql`, text);
        await folder.write(`${victim}.down.sql`, `drop table t${victim.slice(0, 3)};\n`);

        await folder.write(laterFile, `create table ${later} (id nosuchtype);\n`);
        expect(await refused()).toBe('type "nosuchtype" does not exist');
        expect(await summaryOf(database)).toEqual(counts(count));
        await folder.write(laterFile, `create table ${later} (id int primary key);\n`);
        expect((await up()).code).toBe(0);

        const late = tableName(count + 1);
        await folder.write(
          `${late.slice(1)}_t.sql`,
          `create table ${late} (id int primary key);\n`,
        );
        expect(await refused()).toBe(
          `${late.slice(1)}_t.sql arrives out of order: ${later.slice(1)}_t is newer and applied; give the file a newer number, or allow it once with --out-of-order`,
        );
        expect(await summaryOf(database)).toEqual(counts(count + 1));
        expect((await runRunner(["up", "--out-of-order"], env)).code).toBe(0);
      });
      expect(await summaryOf(database)).toEqual(counts(count + 2));
    },
  );
});
