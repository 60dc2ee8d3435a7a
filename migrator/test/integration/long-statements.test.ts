import { describe, expect, inject, test } from "vitest";

import { migrate, type MigratorEvent } from "../../src/index.ts";
import { describeEvent } from "../../src/cli/describe-event.ts";
import { bundleOf, sql, typescript } from "./bundles.ts";
import { failureOf } from "./failure.ts";
import { createDatabase, eventually, rowsOf, settingsOf, withClient } from "./test-database.ts";

const TABLE = sql("001_t", "create table t (id int);");
const INDEX = sql("002_i", "create index concurrently t_id on t (id);", { transaction: false });

/** A statement that lasts until the test has seen what it came to see. */
const GATE = sql(
  "001_g",
  `create table gate (id int);
create function opened() returns boolean language plpgsql as 'begin
  while not exists (select from gate) loop perform pg_sleep(0.02); end loop;
  return true; end';`,
);

describe.each(inject("servers"))("long statements on Postgres $major", (server) => {
  test("are reported with how long they run, what they wait for and how far an index is", async () => {
    const database = await createDatabase(server);
    await migrate({ connection: database.settings, migrations: bundleOf(TABLE) });
    const events: MigratorEvent[] = [];
    await withClient(settingsOf(server, database.name), async (writer) => {
      await writer.query("begin; insert into t values (1)");
      const run = migrate({
        connection: database.settings,
        migrations: bundleOf(TABLE, INDEX),
        progressSeconds: 0.05,
        onEvent: (event) => events.push(event),
      });
      await eventually(async () => events.some(({ event }) => event === "progress"));
      await writer.query("commit");
      expect((await run).version).toBe("002_i");
    });
    expect(events.find(({ event }) => event === "progress")).toMatchObject({
      migration: "002_i",
      file: "002_i.sql",
      line: 1,
      statements: 1,
      query: "create index concurrently t_id on t (id);",
      waitsFor: "Lock: virtualxid",
      index: "waiting for writers before build, 0 of 1 transactions ended",
    });
  });

  test.each([
    [
      "of a file in a transaction by its own text and line",
      sql("002_m", "\nselect\n  opened();"),
      { file: "002_m.sql", line: 2, statements: 1, query: "select opened();" },
      /^002_m: running for \d+ s.*: 002_m\.sql:2: select opened\(\);$/,
    ],
    [
      "of several that are sent at once by where they begin",
      sql("002_m", "\ncreate table u (id int);\nselect opened();"),
      {
        file: "002_m.sql",
        line: 2,
        statements: 2,
        query: "create table u (id int); select opened();",
      },
      /: 002_m\.sql:2, one of 2 statements: create table u/,
    ],
    [
      "of a file without a transaction, be it longer than the server remembers",
      sql("002_m", `select 1;\nselect opened(), '${"ö".repeat(2000)}';`, {
        transaction: false,
      }),
      {
        file: "002_m.sql",
        line: 2,
        statements: 1,
        query: `select opened(), '${"ö".repeat(182)}…`,
      },
      /: 002_m\.sql:2: select opened/,
    ],
    [
      "of a TypeScript migration by what it sends",
      typescript(
        "002_m",
        'exports.up = async (db) => { await require("kysely").sql`select  opened()`.execute(db); };',
      ),
      { file: "002_m.ts", line: null, statements: 1, query: "select opened()" },
      /: 002_m\.ts: select opened\(\)$/,
    ],
  ])("are told %s, without what the runner puts around it", async (_how, slow, place, line) => {
    const database = await createDatabase(server);
    const connection = database.settings;
    await migrate({ connection, migrations: bundleOf(GATE) });
    const events: MigratorEvent[] = [];
    const run = migrate({
      connection,
      migrations: bundleOf(GATE, slow),
      progressSeconds: 0.05,
      onEvent: (event) => events.push(event),
    });
    await eventually(async () => events.some(({ event }) => event === "progress"));
    await rowsOf(server, database.name, "insert into gate values (1)");
    expect((await run).version).toBe("002_m");
    const told = events.find(({ event }) => event === "progress");
    expect(told).toMatchObject({ migration: "002_m", ...place });
    expect(told === undefined ? null : describeEvent(told)).toMatch(line);
  });

  test("end by the statement timeout that was asked for, which no later statement feels", async () => {
    const database = await createDatabase(server);
    const error = await failureOf(
      migrate({
        connection: database.settings,
        migrations: bundleOf(TABLE, sql("002_slow", "select pg_sleep(60);")),
        statementTimeoutSeconds: 0.2,
      }),
    );
    expect(error.details).toMatchObject({ file: "002_slow.sql", sqlstate: "57014" });
    expect(error.message).toBe("canceling statement due to statement timeout");
  });
});
