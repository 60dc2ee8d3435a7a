import { expect, inject, test } from "vitest";

import { withOwnServer } from "../../../test/integration/own-server.ts";
import { between, LONG_DRILLS, random, seeds, summaryOf, tableFiles } from "./drills.ts";
import { startRunner, withFolder } from "./runner-process.ts";
import { createDatabase, eventually, rowsOf } from "./test-database.ts";

const COUNT = 12;

test.for(inject("servers").map(({ major }) => major))(
  "drills on Postgres %i: a server that restarts in the middle of a migration costs no run",
  { timeout: 60_000 + LONG_DRILLS * 30_000 },
  async (major, { annotate }) => {
    await withOwnServer(major, async (server, restart) => {
      for (const seed of seeds(LONG_DRILLS)) {
        const next = random(seed);
        const database = await createDatabase(server);
        const files = tableFiles(COUNT);
        const slow = `${String(between(next, 1, COUNT)).padStart(3, "0")}_t.sql`;
        const text = `select pg_sleep(${(0.2 + next()).toFixed(2)});\n${files[slow] ?? ""}`;
        await withFolder({ ...files, [slow]: text }, async (folder) => {
          const env = { DATABASE_URL: database.url, MIGRATIONS_DIR: folder.path };
          const run = startRunner(["up"], env);
          await eventually(async () => {
            const seen = await rowsOf(
              server,
              database.name,
              "select 1 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and state = 'active' and query like '%pg_sleep%'",
            );
            return seen.length > 0;
          });
          await restart();
          const { code, out } = await run.ended;
          expect(code, out).toBe(0);
          const counts = { applied: COUNT, logged: COUNT, tables: COUNT, indexes: COUNT };
          expect(await summaryOf(database), `seed ${seed}`).toEqual(counts);
          await annotate(`seed ${seed}: restarted during ${slow}`);
        });
      }
    });
  },
);
