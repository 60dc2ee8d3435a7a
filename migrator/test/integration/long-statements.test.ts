import { describe, expect, inject, test } from "vitest";

import { migrate, type MigratorEvent } from "../../src/index.ts";
import { bundleOf, sql } from "./bundles.ts";
import { failureOf } from "./failure.ts";
import { createDatabase, eventually, settingsOf, withClient } from "./test-database.ts";

const TABLE = sql("001_t", "create table t (id int);");
const INDEX = sql("002_i", "create index concurrently t_id on t (id);", { transaction: false });

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
      query: "create index concurrently t_id on t (id);",
      waitsFor: "Lock: virtualxid",
      index: "waiting for writers before build, 0 of 1 transactions ended",
    });
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
