import { describe, expect, inject, test } from "vitest";

import { down, migrate } from "../../src/index.ts";
import type { BundledMigration } from "../../src/bundle/types.ts";
import { bundleOf, sql } from "./bundles.ts";
import { runRunner, startRunner, withFolder } from "./runner-process.ts";
import {
  createDatabase,
  rowsOf,
  settingsOf,
  type TestDatabase,
  withClient,
} from "./test-database.ts";

/** How often each drill is run; the number of the issue is 50, and 20 with CONCURRENTLY. */
const DRILLS = Number(process.env["TIDEGATE_DRILLS"] ?? "1");
const CONCURRENT_DRILLS = Math.min(DRILLS, 20);

/** Seeds of this run, printed on failure as part of the test's name; set one to see it again. */
const FIRST_SEED = Number(process.env["TIDEGATE_SEED"] ?? 20_261_121);

function seeds(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => FIRST_SEED + index);
}

/** Numbers from 0 to 1 that depend on the seed only (a linear congruential generator, Numerical Recipes). */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const FILES = Object.fromEntries(
  Array.from({ length: 30 }, (_, index) => {
    const number = String(index + 1).padStart(3, "0");
    return [
      `${number}_t.sql`,
      `create table t${number} (id int);\ncreate index on t${number} (id);\n`,
    ];
  }),
);

describe.each(inject("servers"))("drills on Postgres $major", (server) => {
  const summary = async ({ name }: TestDatabase): Promise<unknown> => {
    const rows = await rowsOf(
      server,
      name,
      `select (select count(*)::int from migration_history where outcome = 'applied') as applied,
              (select count(*)::int from migration_events where outcome = 'done') as logged,
              (select count(*)::int from pg_tables where tablename ~ '^t\\d+$') as tables`,
    );
    return rows[0];
  };

  test.each(seeds(DRILLS))("SIGKILL at a random moment, then up (seed %i)", async (seed) => {
    const database = await createDatabase(server);
    const next = random(seed);
    await withFolder(FILES, async (folder) => {
      const env = { DATABASE_URL: database.url, MIGRATIONS_DIR: folder.path };
      const killed = startRunner(["up"], env);
      setTimeout(() => killed.kill("SIGKILL"), 50 + next() * 600);
      await killed.ended;
      const { code, out } = await runRunner(["up"], env);
      expect(code, out).toBe(0);
    });
    expect(await summary(database)).toEqual({ applied: 30, logged: 30, tables: 30 });
  });

  test.each(seeds(DRILLS))("10 runners on an empty database (seed %i)", async () => {
    const database = await createDatabase(server);
    await withFolder(FILES, async (folder) => {
      const env = { DATABASE_URL: database.url, MIGRATIONS_DIR: folder.path };
      const ended = await Promise.all(Array.from({ length: 10 }, () => runRunner(["up"], env)));
      expect(ended.map(({ code }) => code)).toEqual(Array.from({ length: 10 }, () => 0));
    });
    expect(await summary(database)).toEqual({ applied: 30, logged: 30, tables: 30 });
  });

  test.each(seeds(CONCURRENT_DRILLS))(
    "4 runners and a CREATE INDEX CONCURRENTLY (seed %i)",
    async () => {
      const database = await createDatabase(server);
      const files = {
        "001_t.sql":
          "create table t1 (id int);\ninsert into t1 select generate_series(1, 20000);\n",
        "002_i.sql": "-- tidegate:no-transaction\ncreate index concurrently t1_id on t1 (id);\n",
      };
      await withFolder(files, async (folder) => {
        const env = { DATABASE_URL: database.url, MIGRATIONS_DIR: folder.path };
        const ended = await Promise.all(Array.from({ length: 4 }, () => runRunner(["up"], env)));
        expect(ended.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
      });
      expect(
        await rowsOf(
          server,
          database.name,
          "select indisvalid as valid from pg_index where indexrelid = 't1_id'::regclass",
        ),
      ).toEqual([{ valid: true }]);
    },
  );

  test.each(seeds(DRILLS))(
    "a table held by a reader: no other query of the service waits longer than lock_timeout allows (seed %i)",
    async () => {
      const database = await createDatabase(server);
      const table = sql("001_t", "create table t (id int);");
      const alter = sql("002_alter", "alter table t add column x int;");
      await migrate({ connection: database.settings, migrations: bundleOf(table) });
      const settings = settingsOf(server, database.name);
      let longest = 0;
      await withClient(settings, async (reader) => {
        await reader.query("begin; select * from t");
        const progress = { over: false };
        const run = migrate({
          connection: database.settings,
          migrations: bundleOf(table, alter),
        }).finally(() => {
          progress.over = true;
        });
        await withClient(settings, async (service) => {
          const until = performance.now() + 2000;
          while (!progress.over) {
            const before = performance.now();
            await service.query("insert into t (id) values (1)");
            await service.query("select count(*) from t");
            longest = Math.max(longest, performance.now() - before);
            if (performance.now() > until) await reader.query("commit").catch(() => undefined);
          }
        });
        expect((await run).version).toBe("002_alter");
      });
      // Two queries, each behind a request of at most 1 s, and as much again for a busy machine.
      expect(longest).toBeLessThan(4000);
    },
  );

  test.each(seeds(DRILLS))(
    "whatever the mix of up and down, history and schema agree (seed %i)",
    async (seed) => {
      const database = await createDatabase(server);
      const next = random(seed);
      const all: readonly BundledMigration[] = Array.from({ length: 6 }, (_, index) =>
        sql(`00${index + 1}_t`, `create table t${index + 1} (id int);`, {
          down: {
            kind: "sql",
            file: `00${index + 1}_t.down.sql`,
            text: `drop table t${index + 1};`,
            checksum: "sql1:x",
          },
        }),
      );
      const connection = database.settings;
      await migrate({ connection, migrations: bundleOf(...all.slice(0, 1)) });
      for (let step = 0; step < 12; step += 1) {
        if (next() < 0.5) {
          const upTo = Math.ceil(next() * all.length);
          await migrate({ connection, migrations: bundleOf(...all.slice(0, upTo)) });
        } else {
          await down({ connection, choice: { steps: Math.ceil(next() * 3) } });
        }
        const [state] = await rowsOf<{ names: string; tables: string }>(
          server,
          database.name,
          `select coalesce((select string_agg('t' || substr(name, 3, 1), ',' order by name) from migration_history), '') as names,
                  coalesce((select string_agg(tablename::text, ',' order by tablename) from pg_tables where tablename ~ '^t\\d$'), '') as tables`,
        );
        expect(state?.names).toBe(state?.tables);
      }
    },
  );
});
