import { describe, expect, inject, test } from "vitest";

import { migrate, verdictOf } from "../../src/index.ts";
import { bundleOf, typescript } from "./bundles.ts";
import { failureOf } from "./failure.ts";
import { createDatabase, rowsOf, type TestDatabase } from "./test-database.ts";

describe.each(inject("servers"))("TypeScript migrations on Postgres $major", (server) => {
  const run = (database: TestDatabase, body: string): Promise<unknown> =>
    migrate({
      connection: database.settings,
      migrations: bundleOf(
        typescript(
          "001_m",
          `const { sql } = require("kysely"); const fs = require("node:fs"); exports.up = async (db) => { ${body} };`,
        ),
      ),
    });
  const recorded = async (database: TestDatabase): Promise<number> =>
    (await rowsOf(server, database.name, "select 1 from migration_history")).length;

  test("up gets a Kysely Transaction that sees its own changes and returns rows and counts", async () => {
    const database = await createDatabase(server);
    await run(
      database,
      `if (!db.isTransaction) throw new Error("no transaction");
       await db.schema.createTable("t").addColumn("id", "integer").execute();
       const inserted = await db.insertInto("t").values([{ id: 1 }, { id: 2 }]).executeTakeFirst();
       const updated = await db.updateTable("t").set({ id: 3 }).where("id", "=", 1).executeTakeFirst();
       const rows = await db.selectFrom("t").selectAll().orderBy("id").execute();
       const tables = await db.introspection.getTables();
       const got = JSON.stringify([String(inserted.numInsertedOrUpdatedRows), String(updated.numUpdatedRows), rows, tables.some((t) => t.name === "t")]);
       if (got !== '["2","1",[{"id":2},{"id":3}],true]') throw new Error(got);`,
    );
    expect(await recorded(database)).toBe(1);
  });

  test("a nested transaction is refused", async () => {
    const database = await createDatabase(server);
    const error = await failureOf(run(database, "await db.transaction().execute(async () => {});"));
    expect(error.message).toContain("transaction");
    expect(error.details.state).toBe("rolled back; no migration is applied");
    expect(await recorded(database)).toBe(0);
  });

  test("a failing statement is named and everything before it rolled back", async () => {
    const database = await createDatabase(server);
    const error = await failureOf(
      run(
        database,
        "await sql`create table t (id int)`.execute(db); await sql`select   nothing\\n from nowhere`.execute(db);",
      ),
    );
    expect(verdictOf(error)).toBe(
      '001_m.ts: relation "nowhere" does not exist (SQLSTATE 42P01)\nstatement: select nothing from nowhere\nstate: rolled back; no migration is applied\nnext: correct the file and run again',
    );
    expect(await rowsOf(server, database.name, "select to_regclass('t')::text as t")).toEqual([
      { t: null },
    ]);
  });

  test("a query that is not awaited fails the migration", async () => {
    const database = await createDatabase(server);
    const error = await failureOf(run(database, "void sql`create table t (id int)`.execute(db);"));
    expect(error.message).toBe(
      "`up` ended while a query of it was still running: it is not awaited",
    );
    expect(error.details.statement).toBe("create table t (id int)");
    expect(await recorded(database)).toBe(0);
    expect(await rowsOf(server, database.name, "select to_regclass('t')::text as t")).toEqual([
      { t: null },
    ]);
  });

  test("a handle that outlives its migration is refused", async () => {
    const database = await createDatabase(server);
    const kept: { db?: unknown } = {};
    Reflect.set(globalThis, "keptByTest", kept);
    const result = await migrate({
      connection: database.settings,
      migrations: bundleOf(
        typescript("001_keep", "exports.up = async (db) => { globalThis.keptByTest.db = db; };"),
        typescript(
          "002_late",
          `const { sql } = require("kysely");
           exports.up = async (db) => {
             const late = await sql\`select 1\`.execute(globalThis.keptByTest.db).catch((e) => e.message);
             await sql\`create table late (message text)\`.execute(db);
             await sql\`insert into late values (\${late})\`.execute(db);
           };`,
        ),
      ),
    });
    expect(result.version).toBe("002_late");
    const [row] = await rowsOf<{ message: string }>(server, database.name, "select * from late");
    expect(row?.message).toMatch(/already committed|after that migration had ended/);
  });

  test.each([
    ["COMMIT", "await sql`commit`.execute(db);"],
    ["COMMIT", "await sql.raw('/* x */ select 1; CoMMiT and chain;').execute(db);"],
    ["END", "await sql`end`.execute(db);"],
    ["ABORT", "await sql`abort work`.execute(db);"],
    ["ROLLBACK", "await sql`rollback`.execute(db);"],
    ["PREPARE TRANSACTION", "await sql`prepare transaction 'x'`.execute(db);"],
    ["COMMIT", "await sql`commit`.execute(db).catch(() => { throw new Error('swallowed'); });"],
    ["COMMIT", "await sql`commit`.execute(db).catch(() => undefined);"],
  ])(
    "%s is stopped before it is sent, and nothing of the migration stays: %s",
    async (word, end) => {
      const database = await createDatabase(server);
      const before = "await sql`create table t (id int)`.execute(db);";
      const after =
        "await sql`create table u (id int)`.execute(db).catch(() => undefined); await sql`select 1 / 0`.execute(db);";
      for (const body of [`${before} ${end}`, `${before} ${end} ${after}`]) {
        const error = await failureOf(run(database, body));
        expect(error.message).toBe(
          `the migration sends ${word}, which would end the transaction that it runs in, and its record with it`,
        );
        expect(error.details).toMatchObject({
          file: "001_m.ts",
          state: "rolled back; no migration is applied",
          next: "take it out (SAVEPOINT and ROLLBACK TO are allowed); what cannot run in a transaction goes into a .sql file of its own, marked no-transaction; then run again",
        });
        expect(
          await rowsOf(
            server,
            database.name,
            "select to_regclass('t')::text as t, to_regclass('u')::text as u",
          ),
        ).toEqual([{ t: null, u: null }]);
        expect(await recorded(database)).toBe(0);
      }
    },
  );

  test("a SAVEPOINT and the way back to it, and a body with an END of its own, are no end", async () => {
    const database = await createDatabase(server);
    await run(
      database,
      `await sql\`savepoint s\`.execute(db);
       await sql\`create table gone (id int)\`.execute(db);
       await sql\`rollback work to savepoint s\`.execute(db);
       await sql.raw("create function f() returns int begin atomic select 1; select 2; end; create table t (id int)").execute(db);
       await sql.raw("do $$ begin perform 1; end $$").execute(db);`,
    );
    expect(
      await rowsOf(
        server,
        database.name,
        "select to_regclass('gone')::text as gone, to_regclass('t')::text as t, f() as f",
      ),
    ).toEqual([{ gone: null, t: "t", f: 2 }]);
    expect(await recorded(database)).toBe(1);
  });

  test.each([
    ["an import of a package", `require("lodash");`, "it imports lodash;"],
    ["a file without up", "exports.down = () => {};", "it exports no function `up`"],
    [
      "code that throws while it loads",
      `throw new Error("boom");`,
      "it fails while it loads: Error: boom",
    ],
  ])("%s is refused by name", async (_name, code, message) => {
    const database = await createDatabase(server);
    const error = await failureOf(
      migrate({
        connection: database.settings,
        migrations: bundleOf(typescript("001_m", code)),
      }),
    );
    expect(error.message).toContain(message);
    expect(error.details).toMatchObject({ file: "001_m.ts", state: "nothing of it was run" });
  });

  test("an error of its own is told with its message", async () => {
    const database = await createDatabase(server);
    const error = await failureOf(run(database, `throw new TypeError("no such thing");`));
    expect(error.message).toBe("no such thing");
    expect(error.details.state).toBe("rolled back; no migration is applied");
  });
});
