import { describe, expect, inject, test } from "vitest";

import { migrate, type MigratorEvent } from "../../src/index.ts";
import { bundleOf, sql } from "./bundles.ts";
import { failureOf } from "./failure.ts";
import { createDatabase, eventually, rowsOf, settingsOf, withClient } from "./test-database.ts";

const TABLE = sql("001_t", "create table t (id int);");
const ALTER = sql("002_alter", "alter table t add column x int;");

describe.each(inject("servers"))("locks on Postgres $major", (server) => {
  test("a migration behind a long transaction lets readers through, and gets its lock in the end", async () => {
    const database = await createDatabase(server);
    await migrate({ connection: database.settings, migrations: bundleOf(TABLE) });
    const events: MigratorEvent[] = [];
    await withClient(settingsOf(server, database.name), async (holder) => {
      await holder.query("begin; select * from t");
      const run = migrate({
        connection: database.settings,
        migrations: bundleOf(TABLE, ALTER),
        onEvent: (event) => events.push(event),
      });
      await eventually(async () => events.some(({ event }) => event === "table-lock-wait"));
      // Would wait as long as the holder's transaction if the runner's lock request stayed in the queue.
      await withClient(settingsOf(server, database.name), async (reader) => {
        await reader.query("set statement_timeout = '5s'");
        expect((await reader.query("select count(*) from t")).rowCount).toBe(1);
      });
      await holder.query("commit");
      expect((await run).applied.map(({ name }) => name)).toEqual(["002_alter"]);
    });
    expect(events.filter(({ event }) => event === "retry").length).toBeGreaterThan(0);
  });

  test("when the time is over the verdict names who held the lock, and nothing is left", async () => {
    const database = await createDatabase(server);
    await migrate({ connection: database.settings, migrations: bundleOf(TABLE) });
    await withClient(settingsOf(server, database.name), async (holder) => {
      const { rows } = await holder.query<{ pid: number }>("select pg_backend_pid() as pid");
      await holder.query("begin; lock table t in access share mode");
      const error = await failureOf(
        migrate({
          connection: database.settings,
          migrations: bundleOf(TABLE, ALTER),
          lockWaitSeconds: 4,
        }),
      );
      expect(error.kind).toBe("locked");
      expect(error.message).toBe("no lock within 4 s: canceling statement due to lock timeout");
      expect(error.details).toMatchObject({
        file: "002_alter.sql",
        line: 1,
        sqlstate: "55P03",
        state: "rolled back; the database is as 001_t left it",
      });
      expect(error.details.blocker).toContain(`pid ${rows[0]?.pid} postgres`);
    });
    expect(await rowsOf(server, database.name, "select name from migration_history")).toEqual([
      { name: "001_t" },
    ]);
  });

  test("a run that waits for another names it when its time is over", async () => {
    const database = await createDatabase(server);
    await withClient(database.settings, async (holder) => {
      await holder.query("set application_name = 'somebody'");
      await holder.query("select pg_advisory_lock(1529447573069705091)");
      const error = await failureOf(
        migrate({
          connection: database.settings,
          migrations: bundleOf(TABLE),
          lockWaitSeconds: 0,
        }),
      );
      expect(error.kind).toBe("locked");
      expect(error.message).toBe(
        `the migration lock of 127.0.0.1:${server.port}/${database.name} was held by another run for 0 s`,
      );
      expect(error.details.blocker).toMatch(
        new RegExp(
          `^pid \\d+ ${database.settings.user} \\(somebody\\) since \\d{4}-[-\\dT:]+Z \\(for \\d+ s\\)$`,
        ),
      );
    });
    expect(await rowsOf(server, database.name, "select to_regclass('t')::text as t")).toEqual([
      { t: null },
    ]);
  });

  test("a deadlock with somebody else's transaction is tried again", async () => {
    const database = await createDatabase(server);
    await migrate({
      connection: database.settings,
      migrations: bundleOf(sql("001_t", "create table t (id int); create table u (id int);")),
    });
    await rowsOf(
      server,
      database.name,
      `alter database ${database.name} set deadlock_timeout = '50ms'`,
    );
    const both = sql(
      "002_both",
      "set local lock_timeout = '20s';\nlock table t;\nselect pg_sleep(0.3);\nlock table u;",
    );
    const events: MigratorEvent[] = [];
    await withClient(settingsOf(server, database.name), async (other) => {
      await other.query("set deadlock_timeout = '30s'; begin; lock table u");
      const run = migrate({
        connection: database.settings,
        migrations: bundleOf(
          sql("001_t", "create table t (id int); create table u (id int);"),
          both,
        ),
        onEvent: (event) => events.push(event),
      });
      await eventually(async () => {
        const rows = await rowsOf(
          server,
          database.name,
          "select 1 from pg_locks where relation = 't'::regclass and mode = 'AccessExclusiveLock' and granted",
        );
        return rows.length > 0;
      });
      await other.query("lock table t");
      await other.query("commit");
      expect((await run).version).toBe("002_both");
    });
    expect(events.filter(({ event }) => event === "retry")).toMatchObject([
      { reason: "deadlock detected" },
    ]);
  });
});
