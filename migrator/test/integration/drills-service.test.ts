import { describe, expect, inject, test } from "vitest";

import { migrate } from "../../src/index.ts";
import { bundleOf, sql } from "./bundles.ts";
import { between, DRILLS, random, seeds } from "./drills.ts";
import { probeWhile } from "./service-probe.ts";
import { createDatabase, settingsOf, withClient } from "./test-database.ts";

/** The longest lock_timeout of a try, in milliseconds (`lockTimeout` in conflict-retry.ts). */
const LONGEST_TRY = 1000;

/**
 * From a timeout to the query behind it that runs, in milliseconds: what the timer, the rollback and the
 * wake-up take on an idle machine, ten times over. What a busy one adds is measured: see `control`.
 */
const SWITCH = 100;

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
      const held = between(next, 4, 6);
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
