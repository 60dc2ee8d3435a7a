import { describe, expect, inject, test } from "vitest";

import { killWhileBuilding } from "./killed-build.ts";
import { recordsOf, runRunner, startRunner, withFolder } from "./runner-process.ts";
import { createDatabase, eventually, rowsOf, type TestDatabase } from "./test-database.ts";

describe.each(inject("servers"))("the command as a process on Postgres $major", (server) => {
  /** Waits until a backend of the database is in a statement that begins like this. */
  const running = (database: TestDatabase, statement: string): Promise<unknown> =>
    eventually(async () => {
      const rows = await rowsOf(
        server,
        database.name,
        "select 1 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and state = 'active' and query like $1",
        [`%${statement}%`],
      );
      return rows.length > 0;
    });
  const history = (database: TestDatabase): Promise<readonly unknown[]> =>
    rowsOf(
      server,
      database.name,
      "select name, outcome, statements_done from migration_history order by 1",
    );

  test("SIGKILL in the middle of a migration leaves nothing of it, and the next run does all", async () => {
    const database = await createDatabase(server);
    await withFolder(
      {
        "001_a.sql": "create table a (id int);\n",
        "002_b.sql": "create table b (id int);\nselect pg_sleep(60);\n",
      },
      async (folder) => {
        const env = { DATABASE_URL: database.url, MIGRATIONS_DIR: folder.path };
        const killed = startRunner(["up"], env);
        await running(database, "pg_sleep(60)");
        killed.kill("SIGKILL");
        expect((await killed.ended).signal).toBe("SIGKILL");
        await folder.write("002_b.sql", "create table b (id int);\n");
        const { code, out } = await runRunner(["up"], env);
        expect({ code, last: recordsOf(out).at(-1) }).toMatchObject({
          code: 0,
          last: { event: "done", applied: [{ name: "002_b" }], version: "002_b" },
        });
      },
    );
    expect(await history(database)).toEqual([
      { name: "001_a", outcome: "applied", statements_done: null },
      { name: "002_b", outcome: "applied", statements_done: null },
    ]);
  });

  test("SIGKILL amid CREATE INDEX CONCURRENTLY leaves an INVALID index, which the next run builds anew", async () => {
    const database = await createDatabase(server);
    const indexes = (): Promise<readonly unknown[]> =>
      rowsOf(
        server,
        database.name,
        "select indexrelid::regclass::text as name, indisvalid as valid from pg_index where indrelid = 't'::regclass",
      );
    await withFolder({ "001_t.sql": "create table t (id int);\n" }, async (folder) => {
      const env = { DATABASE_URL: database.url, MIGRATIONS_DIR: folder.path };
      expect((await runRunner(["up"], env)).code).toBe(0);
      await folder.write(
        "002_i.sql",
        "-- tidegate:no-transaction\ninsert into t values (1);\ncreate index concurrently t_id on t (id);\ninsert into t values (2);\n",
      );
      await killWhileBuilding(server, database, env, async () => {
        await eventually(async () => (await indexes()).length > 0);
        expect(await indexes()).toEqual([{ name: "t_id", valid: false }]);
      });
      expect(await indexes()).toEqual([{ name: "t_id", valid: false }]);
      expect(await history(database)).toMatchObject([
        { name: "001_t" },
        { name: "002_i", outcome: "running", statements_done: 1 },
      ]);
      const { code, out } = await runRunner(["up"], env);
      expect(code, out).toBe(0);
    });
    expect(await indexes()).toEqual([{ name: "t_id", valid: true }]);
    expect(await history(database)).toMatchObject([
      { name: "001_t", outcome: "applied" },
      { name: "002_i", outcome: "applied", statements_done: 3 },
    ]);
    expect(await rowsOf(server, database.name, "select id from t order by 1")).toEqual([
      { id: 1 },
      { id: 2 },
      { id: 3 },
    ]);
  });

  test.each(["SIGTERM", "SIGINT"] as const)(
    "%s cancels the running statement, rolls back, and says that nothing is half done",
    async (signal) => {
      const database = await createDatabase(server);
      await withFolder(
        { "001_slow.sql": "create table a (id int);\nselect pg_sleep(60);\n" },
        async (folder) => {
          const env = {
            DATABASE_URL: database.url,
            MIGRATIONS_DIR: folder.path,
            TERMINATION_MESSAGE_PATH: folder.beside("verdict"),
          };
          const child = startRunner(["up"], env);
          await running(database, "pg_sleep(60)");
          child.kill(signal);
          const { code, out } = await child.ended;
          expect(code).toBe(1);
          const message = `001_slow.sql: stopped by ${signal}\nstate: rolled back; no migration is applied\nnext: run again`;
          expect(await folder.read("../verdict")).toBe(message);
          expect(recordsOf(out).at(-1)).toMatchObject({
            event: "error",
            kind: "stopped",
            message: `stopped by ${signal}`,
          });
        },
      );
      expect(await history(database)).toEqual([]);
      expect(
        await rowsOf(
          server,
          database.name,
          "select to_regclass('a')::text as a, (select count(*)::int from pg_stat_activity where datname = current_database() and application_name like 'migrator/%') as sessions",
        ),
      ).toEqual([{ a: null, sessions: 0 }]);
    },
  );

  test("a TypeScript migration that waits for something else ends on SIGTERM too", async () => {
    const database = await createDatabase(server);
    await withFolder(
      {
        "001_wait.ts":
          'import { type Kysely, sql } from "kysely";\nexport async function up(db: Kysely<unknown>): Promise<void> {\n  await sql`create table a (id int)`.execute(db);\n  await new Promise((resolve) => setTimeout(resolve, 60_000));\n}\n',
      },
      async (folder) => {
        const child = startRunner(["up"], {
          DATABASE_URL: database.url,
          MIGRATIONS_DIR: folder.path,
        });
        await eventually(async () => {
          const rows = await rowsOf(
            server,
            database.name,
            "select 1 from pg_stat_activity where datname = current_database() and state = 'idle in transaction' and query like 'create table a%'",
          );
          return rows.length > 0;
        });
        child.kill("SIGTERM");
        const { out } = await child.ended;
        expect(recordsOf(out).at(-1)).toMatchObject({ kind: "stopped", file: "001_wait.ts" });
      },
    );
    expect(await rowsOf(server, database.name, "select to_regclass('a')::text as a")).toEqual([
      { a: null },
    ]);
  });

  test("--deadline ends a run as a signal does, with a reason of its own", async () => {
    const database = await createDatabase(server);
    await withFolder({ "001_slow.sql": "select pg_sleep(60);\n" }, async (folder) => {
      const { code, out } = await runRunner(["up", "--deadline", "1.5"], {
        DATABASE_URL: database.url,
        MIGRATIONS_DIR: folder.path,
      });
      expect(code).toBe(1);
      expect(recordsOf(out).at(-1)).toMatchObject({
        kind: "stopped",
        message: "the deadline of 1.5 s is over",
        state: "rolled back; no migration is applied",
      });
    });
  });

  test("wait, up, status and history tell what is so, in JSON and in the termination message", async () => {
    const database = await createDatabase(server);
    const files = { "001_a.sql": "create table a (id int);\n", "002_b.sql": "select 1;\n" };
    await withFolder(files, async (folder) => {
      const env = {
        DATABASE_URL: database.url,
        MIGRATIONS_DIR: folder.path,
        TERMINATION_MESSAGE_PATH: folder.beside("verdict"),
      };
      const verdict = folder.beside("preflight.json");
      const waited = await runRunner(["wait", "--verdict", verdict], env);
      expect(waited.code).toBe(0);
      expect(recordsOf(waited.out)).toMatchObject([
        {
          event: "ready",
          host: "127.0.0.1",
          port: server.port,
          database: database.name,
          role: database.settings.user,
          history: false,
          last: null,
          pending: ["001_a", "002_b"],
        },
      ]);
      expect((await runRunner(["status", "--fail-on-pending"], env)).code).toBe(1);
      expect(await folder.read("../verdict")).toBe(
        `${database.name}: 2 pending: 001_a, 002_b\nstate: nothing was changed\nnext: run \`migrator up\``,
      );
      expect((await runRunner(["up", "--verdict", verdict], env)).code).toBe(0);
      expect(await folder.read("../verdict")).toBe(
        `${database.name}: applied 2 migrations (001_a, 002_b); at 002_b`,
      );
      expect((await runRunner(["status", "--fail-on-pending"], env)).code).toBe(0);
      const { out } = await runRunner(["history"], env);
      expect(recordsOf(out)).toMatchObject([
        { event: "migration", name: "001_a", direction: "up", outcome: "done", batch: 1 },
        { event: "migration", name: "002_b", direction: "up", outcome: "done", batch: 1 },
        { event: "done", command: "history", count: 2 },
      ]);
    });
  });

  test("a failed pre-flight check ends with 0, and up fails at once with its reason", async () => {
    const database = await createDatabase(server);
    await withFolder({ "001_a.sql": "select 1;\n" }, async (folder) => {
      const verdict = folder.beside("preflight.json");
      const env = {
        PGHOST: "127.0.0.1",
        PGPORT: String(server.port),
        PGDATABASE: database.name,
        PGUSER: database.settings.user,
        PGPASSWORD: "not-the-password",
        MIGRATIONS_DIR: folder.path,
        TERMINATION_MESSAGE_PATH: folder.beside("verdict"),
      };
      expect((await runRunner(["wait", "--verdict", verdict], env)).code).toBe(0);
      const { code, out } = await runRunner(["up", "--verdict", verdict], env);
      expect(code).toBe(1);
      expect(await folder.read("../verdict")).toBe(
        `127.0.0.1:${server.port}/${database.name} as ${database.settings.user}: password authentication failed for user "${database.settings.user}" (SQLSTATE 28P01)\nnext: check user and password; a new password must be in the variable and in the role`,
      );
      expect(out).not.toContain("not-the-password");
      const missing = await runRunner(["up", "--verdict", folder.beside("none")], env);
      expect({ code: missing.code, out: missing.out }).toMatchObject({
        code: 1,
        out: expect.stringContaining("the verdict of the check before this run cannot be read"),
      });
    });
  });

  test("a server that does not answer is tried as often as asked, and named with host and port", async () => {
    const { code, out } = await runRunner(["wait", "--tries", "2", "--interval", "0"], {
      DATABASE_URL: "postgres://me:long-password@127.0.0.1:1/none",
    });
    expect(code).toBe(1);
    expect(recordsOf(out)).toMatchObject([
      { event: "waiting" },
      {
        event: "error",
        kind: "connection",
        message:
          "127.0.0.1:1/none did not answer (tries: 2, 0 s apart): 127.0.0.1:1/none as me: connect ECONNREFUSED 127.0.0.1:1",
      },
    ]);
    expect(out).not.toContain("long-password");
  });

  test("wrong use ends with 2 and touches nothing", async () => {
    const unknown = await runRunner(["up", "--phase", "both"], {});
    expect(unknown.code).toBe(2);
    expect(unknown.out).toContain("Allowed choices are expand, contract");
    const nothing = await runRunner(["history"], {});
    expect(nothing.code).toBe(2);
    expect(nothing.out).toContain("no connection is given; set one of");
    const folder = await runRunner(["up"], { DATABASE_URL: "postgres://me@localhost/x" });
    expect(folder.code).toBe(2);
    expect(folder.out).toContain(
      "no folder of migrations is given; use --migrations DIR or MIGRATIONS_DIR",
    );
  });
});
