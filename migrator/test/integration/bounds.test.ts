import { expect, inject, test } from "vitest";

import { lockTimeout } from "../../src/core/apply/conflict-retry.ts";
import { down, migrate } from "../../src/index.ts";
import { bundleOf, sql, typescript } from "./bundles.ts";
import { failureOf } from "./failure.ts";
import {
  createDatabase,
  rowsOf,
  settingsOf,
  type TestDatabase,
  withClient,
} from "./test-database.ts";

/** Settings that a migration sees, as one row of the table `seen`. */
const SEE = (name: string): string =>
  `insert into seen select '${name}', current_setting('search_path'), current_setting('lock_timeout'),
   current_setting('statement_timeout'), current_setting('idle_in_transaction_session_timeout'), current_user,
   to_regclass('pg_temp.left_behind') is null, (select count(*) from pg_prepared_statements), (select count(*) from pg_cursors),
   coalesce(current_setting('my.own', true), '')`;

const LEAVE =
  "set search_path = pg_catalog; set lock_timeout = '77s'; set statement_timeout = '78s'; set idle_in_transaction_session_timeout = '79s'; set role none; set my.own = 'mine'; create temp table left_behind (id int); prepare p as select 1; listen channel; declare c cursor with hold for select 1";

const FIRST = sql(
  "001_seen",
  "create table public.seen (name text, path text, lock text, statement text, idle text, role text, temp boolean, prepared int, cursors int, own text);",
);

/** A login that acts as the database's owner, as a Job's does. */
async function actingAsOwner(database: TestDatabase): Promise<typeof database.settings> {
  const { user } = database.settings;
  const login = `${user}_login`;
  await rowsOf(
    database.server,
    database.name,
    `create role ${login} login password 'login-word' in role ${user}; alter role ${login} set role = '${user}'`,
  );
  return { ...database.settings, user: login, password: "login-word" };
}

test.each(inject("servers"))(
  "nothing that a migration leaves in its session reaches the next one (Postgres $major)",
  async (server) => {
    const database = await createDatabase(server);
    const connection = await actingAsOwner(database);
    const alone = { transaction: false } as const;
    const way = { kind: "sql", file: "x.down.sql", checksum: "sql1:x" } as const;
    const migrations = bundleOf(
      FIRST,
      sql("002_see", `${SEE("before")};`),
      sql("003_leave", `${LEAVE};`),
      sql("004_see", `${SEE("after a transaction")};`),
      sql("005_leave", `${LEAVE.replaceAll("; ", ";\n")};`, alone),
      sql("006_see", `${SEE("after statements")};`),
      typescript(
        "007_leave",
        "const { sql } = require('kysely'); exports.up = async (db) => { for (const each of " +
          `${JSON.stringify(LEAVE.split("; "))}) await sql.raw(each).execute(db); };`,
      ),
      sql("008_see", `${SEE("after code")};`, {
        down: { ...way, text: `${SEE("after a way down")};` },
      }),
      sql("009_leave", "select 1;", {
        down: { ...way, text: `${LEAVE.replaceAll("; ", ";\n")};` },
      }),
    );
    await migrate({
      connection,
      migrations,
      statementTimeoutSeconds: 50,
      idleInTransactionSeconds: 40,
    });
    await down({
      connection,
      choice: { steps: 2 },
      allowDataLoss: true,
      statementTimeoutSeconds: 50,
      idleInTransactionSeconds: 40,
    });
    const seen = await rowsOf(server, database.name, "select * from seen");
    const clean = {
      path: '"$user", public',
      lock: "100ms",
      statement: "50s",
      idle: "40s",
      role: database.settings.user,
      temp: true,
      prepared: 0,
      cursors: 0,
      own: "",
    };
    expect(seen).toEqual(
      ["before", "after a transaction", "after statements", "after code", "after a way down"].map(
        (name) => ({ name, ...clean }),
      ),
    );
  },
);

test.each(inject("servers"))(
  "the migration lock stays held from the first migration to the last (Postgres $major)",
  async (server) => {
    const database = await createDatabase(server);
    const held = `insert into held select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid() and granted`;
    await migrate({
      connection: database.settings,
      migrations: bundleOf(
        sql("001_held", `create table held (locks int);\n${held};`),
        sql("002_leave", `${LEAVE};`),
        sql("003_held", `${held};`),
      ),
    });
    expect(await rowsOf(server, database.name, "select locks from held")).toEqual([
      { locks: 1 },
      { locks: 1 },
    ]);
  },
);

test.each(inject("servers"))(
  "a statement that takes too long ends, and the setting that bounds it is named (Postgres $major)",
  async (server) => {
    const database = await createDatabase(server);
    const slow = bundleOf(sql("001_slow", "select pg_sleep(30);"));
    const run = { connection: database.settings, migrations: slow, statementTimeoutSeconds: 0.2 };
    const error = await failureOf(migrate({ ...run, env: { TIDEGATE_DATABASE: "orders" } }));
    expect(error.message).toBe("canceling statement due to statement timeout");
    expect(error.details).toMatchObject({
      file: "001_slow.sql",
      line: 1,
      sqlstate: "57014",
      next: "raise the bound of statements (`databases.orders.statementTimeout`, or `set local statement_timeout = …` in the file), then run `pulumi up` again",
    });
  },
);

test.each(inject("servers"))(
  "a migration that leaves its transaction idle for too long loses it, and is told so (Postgres $major)",
  async (server) => {
    const database = await createDatabase(server);
    const idle = typescript(
      "001_idle",
      "const { sql } = require('kysely'); exports.up = async (db) => { await sql`create table a (id int)`.execute(db); await new Promise((resolve) => setTimeout(resolve, 400)); await sql`select 1`.execute(db); };",
    );
    const error = await failureOf(
      migrate({
        connection: database.settings,
        migrations: bundleOf(idle),
        idleInTransactionSeconds: 0.1,
      }),
    );
    expect(error.message).toBe(
      "the migration left its transaction idle for too long: terminating connection due to idle-in-transaction timeout",
    );
    expect(error.details).toEqual({
      sqlstate: "25P03",
      state: "rolled back; no migration is applied",
      next: "do in it only what needs the database, or raise --idle-in-transaction-timeout; then run again",
    });
    expect(await rowsOf(server, database.name, "select to_regclass('a')::text as a")).toEqual([
      { a: null },
    ]);
  },
);

test.each(inject("servers"))(
  "all waits of a run share one bound (Postgres $major)",
  async (server) => {
    const database = await createDatabase(server);
    const tables = sql("001_t", "create table t (id int);\ncreate table u (id int);");
    await migrate({ connection: database.settings, migrations: bundleOf(tables) });
    const alter = (name: string, table: string): ReturnType<typeof sql> =>
      sql(name, `alter table ${table} add column x int;`);
    await withClient(settingsOf(server, database.name), async (first) => {
      await withClient(settingsOf(server, database.name), async (second) => {
        await first.query("begin; select * from t");
        await second.query("begin; select * from u");
        // What tries and pauses took at least, by the program's own figures: a slow machine adds nothing.
        let waited = 0;
        let tries = 0;
        let firstsPart = 0;
        const error = await failureOf(
          migrate({
            connection: database.settings,
            migrations: bundleOf(tables, alter("002_t", "t"), alter("003_u", "u")),
            lockWaitSeconds: 8,
            onEvent: (event) => {
              if (event.event === "retry") {
                waited += lockTimeout(tries) + event.milliseconds;
                tries += 1;
                if (waited > 4000) void first.query("commit").catch(() => undefined);
              }
              if (event.event === "applied") {
                firstsPart = waited;
                tries = 0;
              }
            },
          }),
        );
        expect(error).toMatchObject({
          kind: "locked",
          message: "no lock within 8 s: canceling statement due to lock timeout",
        });
        expect(firstsPart).toBeGreaterThan(4000);
        expect(waited).toBeLessThanOrEqual(8000);
      });
    });
  },
);
