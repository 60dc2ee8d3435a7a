import { describe, expect, inject, test } from "vitest";

import { down, migrate } from "../../src/index.ts";
import { between, DRILLS, random, seeds, tableFiles, tableName } from "./drills.ts";
import { failureOf } from "./failure.ts";
import { startRunner, type TestFolder, withFolder } from "./runner-process.ts";
import { createDatabase, eventually, rowsOf, type TestDatabase } from "./test-database.ts";

const COUNT = 6;
const STEPS = 12;

/** The tables that are there, those of the history, and those to which the log leads. */
async function stateOf({ server, name }: TestDatabase): Promise<unknown> {
  const [state] = await rowsOf(
    server,
    name,
    `select (select coalesce(string_agg(tablename::text, ' ' order by tablename), '') from pg_tables where tablename ~ '^t\\d+$') as tables,
            (select coalesce(string_agg('t' || substr(name, 1, 3), ' ' order by name), '') from migration_history) as history,
            (select coalesce(string_agg('t' || substr(name, 1, 3), ' ' order by name), '') from (
               select name, count(*) filter (where direction = 'up') - count(*) filter (where direction = 'down') as times
                 from migration_events where outcome = 'done' group by name) as log where times = 1) as log,
            (select coalesce(max(abs(times)), 0)::int from (
               select count(*) filter (where direction = 'up') - count(*) filter (where direction = 'down') as times
                 from migration_events where outcome = 'done' group by name) as log where times not in (0, 1)) as twice`,
  );
  return state;
}

/** Until no session of a runner is left: one whose process died may still be at work. */
async function settled({ server, name }: TestDatabase): Promise<void> {
  await eventually(async () => {
    const runners = await rowsOf(
      server,
      name,
      "select 1 from pg_stat_activity where datname = current_database() and application_name like 'migrator/%'",
    );
    return runners.length === 0;
  });
}

describe.each(inject("servers"))("drills on Postgres $major", (server) => {
  test.each(seeds(DRILLS))(
    "whatever the mix of up, down, failing migrations and kills, history and schema agree (seed %i)",
    async (seed) => {
      const next = random(seed);
      const database = await createDatabase(server);
      const connection = database.settings;
      const steps: string[] = [];
      await withFolder(tableFiles(COUNT), async (folder) => {
        const env = { DATABASE_URL: database.url, MIGRATIONS_DIR: folder.path };
        const kill = async (args: readonly string[], moment: number): Promise<void> => {
          const run = startRunner(args, env, (text) => {
            if (text.includes('"event"')) setTimeout(() => run.kill("SIGKILL"), moment);
          });
          await run.ended;
          await settled(database);
        };
        const actions: readonly [string, () => Promise<unknown>][] = [
          ["up", () => migrate({ connection, migrations: folder.path })],
          [
            "up to",
            () =>
              migrate({
                connection,
                migrations: folder.path,
                to: `${tableName(between(next, 1, COUNT)).slice(1)}_t`,
              }),
          ],
          ["down", () => down({ connection, choice: { steps: between(next, 1, 3) } })],
          ["down the last batch", () => down({ connection, choice: { lastBatch: true } })],
          ["fail", () => failing(folder, between(next, 1, COUNT), connection)],
          ["killed up", () => kill(["up"], next() * 20)],
          ["killed down", () => kill(["down", "--steps", "3"], next() * 20)],
          ["cut", () => cut(database, () => migrate({ connection, migrations: folder.path }))],
        ];
        await migrate({ connection, migrations: folder.path });
        for (let step = 0; step < STEPS; step += 1) {
          const [name, act] = actions[between(next, 0, actions.length - 1)] ?? ["none", undefined];
          steps.push(name);
          await act?.();
          const { tables } = Object.fromEntries(Object.entries((await stateOf(database)) ?? {}));
          expect(await stateOf(database), steps.join(", ")).toEqual({
            tables,
            history: tables,
            log: tables,
            twice: 0,
          });
        }
      });
    },
    180_000,
  );
});

/** An up in which one file fails half way; where it is applied already, the run refuses the change. */
async function failing(
  folder: TestFolder,
  number: number,
  connection: TestDatabase["settings"],
): Promise<void> {
  const file = `${tableName(number).slice(1)}_t.sql`;
  const text = await folder.read(file);
  await folder.write(file, `${text}select 1 / 0;\n`);
  try {
    const { kind } = await failureOf(migrate({ connection, migrations: folder.path }));
    expect(["migration", "refused"]).toContain(kind);
  } finally {
    await folder.write(file, text);
  }
}

/** A run whose connections are cut by the server, as often as one is seen at work. */
async function cut(database: TestDatabase, work: () => Promise<unknown>): Promise<void> {
  const state = { over: false };
  let cuts = 0;
  const cutting = (async (): Promise<void> => {
    while (!state.over && cuts < 3) {
      const cutOff = await rowsOf(
        database.server,
        database.name,
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name like 'migrator/%'",
      );
      cuts += cutOff.length;
    }
  })();
  try {
    await work();
  } finally {
    state.over = true;
    await cutting;
  }
}
