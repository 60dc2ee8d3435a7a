import { describe, expect, inject, test } from "vitest";

import { migrate } from "../../src/index.ts";
import { bundleOf, sql } from "./bundles.ts";
import { between, DRILLS, random, seeds } from "./drills.ts";
import { probeWhile } from "./service-probe.ts";
import { createDatabase, settingsOf, withClient } from "./test-database.ts";

/** The longest lock_timeout of a try, in milliseconds (`lockTimeout` in conflict-retry.ts). */
const LONGEST_TRY = 1000;

/** The try after it, were there no bound: a try waits twice as long as the one before. */
const NEXT_TRY = 1600;

/**
 * What may lie between a timeout and the query behind it that runs, in milliseconds: half of what tells the
 * bound from none, so that a run without it fails. What a busy machine adds is measured: see `control`.
 */
const SWITCH = (NEXT_TRY - LONGEST_TRY) / 2;

describe.each(inject("servers"))("drills on Postgres $major", (server) => {
  test.for(seeds(DRILLS))(
    "a table held by another session: no query of the service waits longer than lock_timeout (seed %i)",
    { timeout: 120_000 },
    async (seed, { annotate }) => {
      const next = random(seed);
      const database = await createDatabase(server);
      const table = sql("001_t", "create table t (id int);\ncreate table control (id int);");
      const alter = sql("002_alter", "alter table t add column x int;");
      const connection = database.settings;
      await migrate({ connection, migrations: bundleOf(table) });
      const settings = settingsOf(server, database.name);
      // The fifth try is the first one that the bound cuts short; unbounded the sixth would wait 3.2 s.
      const held = between(next, 6, 7);
      const probed = await withClient(settings, async (reader) => {
        await reader.query("begin; select * from t");
        return probeWhile(settings, { table: "t", control: "control" }, async () => {
          let retries = 0;
          const { version } = await migrate({
            connection,
            migrations: bundleOf(table, alter),
            onEvent: ({ event }) => {
              if (event === "retry") retries += 1;
              // The last tries are the longest; only then the table is let go.
              if (retries === held) void reader.query("commit").catch(() => undefined);
            },
          });
          expect(version).toBe("002_alter");
        });
      });
      await annotate(
        `longest ${Math.round(probed.longest)} ms, control ${Math.round(probed.control)} ms, queries ${probed.queries}`,
      );
      expect(probed.longest).toBeLessThan(LONGEST_TRY + SWITCH + probed.control);
    },
  );
});
