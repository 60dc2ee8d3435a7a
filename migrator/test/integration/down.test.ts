import { createHash } from "node:crypto";

import { describe, expect, inject, test } from "vitest";

import type { BundledMigration } from "../../src/bundle/types.ts";
import { down, migrate, type MigratorEvent } from "../../src/index.ts";
import { bundleOf, sql, typescript } from "./bundles.ts";
import { failureOf } from "./failure.ts";
import {
  createDatabase,
  rowsOf,
  settingsOf,
  type TestDatabase,
  withClient,
} from "./test-database.ts";

function way(kind: "sql" | "typescript", file: string, text: string): BundledMigration["down"] {
  const checksum = `sql1:${createHash("sha256").update(text).digest("hex")}`;
  return { kind, file, text, checksum };
}

function sqlWithDown(name: string, up: string, text: string): BundledMigration {
  return sql(name, up, { down: way("sql", `${name}.down.sql`, text) });
}

const A = sqlWithDown("001_a", "create table a (id int);", "drop table a;");
const B = sqlWithDown("002_b", "create table b (id int);", "drop table b;");
const C = sqlWithDown("003_c", "alter table a add c text;", "alter table a drop column c;");

describe.each(inject("servers"))("down on Postgres $major", (server) => {
  const names = async ({ name }: TestDatabase): Promise<readonly string[]> =>
    (
      await rowsOf<{ name: string }>(server, name, "select name from migration_history order by 1")
    ).map((row) => row.name);
  const tables = async ({ name }: TestDatabase): Promise<readonly string[]> =>
    (
      await rowsOf<{ name: string }>(
        server,
        name,
        "select tablename::text as name from pg_tables where schemaname = 'public' and tablename not like 'migration%' order by 1",
      )
    ).map((row) => row.name);
  const applied = async (...migrations: readonly BundledMigration[]): Promise<TestDatabase> => {
    const database = await createDatabase(server);
    await migrate({ connection: database.settings, migrations: bundleOf(...migrations) });
    return database;
  };

  test("the last migration is undone without its file, and both are logged", async () => {
    const database = await applied(A, B);
    const result = await down({ connection: database.settings, env: { HOSTNAME: "pod-1" } });
    expect(result).toMatchObject({ reverted: [{ name: "002_b" }], version: "001_a" });
    expect(await tables(database)).toEqual(["a"]);
    expect(await names(database)).toEqual(["001_a"]);
    expect(
      await rowsOf(
        server,
        database.name,
        "select name, direction, outcome, pod, who, finished >= started as ordered from migration_events where name = '002_b' order by finished",
      ),
    ).toMatchObject([
      { name: "002_b", direction: "up", outcome: "done", ordered: true },
      {
        name: "002_b",
        direction: "down",
        outcome: "done",
        pod: "pod-1",
        who: database.settings.user,
        ordered: true,
      },
    ]);
    const again = await migrate({ connection: database.settings, migrations: bundleOf(A, B) });
    expect(again.applied.map(({ name }) => name)).toEqual(["002_b"]);
  });

  test("--to, --steps and --last-batch undo the last applied first", async () => {
    const database = await applied(A, B);
    await migrate({ connection: database.settings, migrations: bundleOf(A, B, C) });
    const last = await down({ connection: database.settings, choice: { lastBatch: true } });
    expect(last.reverted.map(({ name }) => name)).toEqual(["003_c"]);
    await migrate({ connection: database.settings, migrations: bundleOf(A, B, C) });
    const two = await down({ connection: database.settings, choice: { steps: 2 } });
    expect(two.reverted.map(({ name }) => name)).toEqual(["003_c", "002_b"]);
    await migrate({ connection: database.settings, migrations: bundleOf(A, B, C) });
    const to = await down({ connection: database.settings, choice: { to: "1" } });
    expect(to.reverted.map(({ name }) => name)).toEqual(["003_c", "002_b"]);
    expect((await down({ connection: database.settings, choice: { to: "0" } })).version).toBeNull();
    expect(await tables(database)).toEqual([]);
    expect((await down({ connection: database.settings })).reverted).toEqual([]);
  });

  test("a version that is not applied is wrong use", async () => {
    const database = await applied(A);
    const error = await failureOf(
      down({ connection: database.settings, choice: { to: "009_no" } }),
    );
    expect(error.kind).toBe("usage");
    expect(error.message).toBe("009_no is not applied, so there is no way down to it");
  });

  test("rows that would be lost are counted, and nothing is undone without consent", async () => {
    const database = await applied(A, B, C);
    await rowsOf(server, database.name, "insert into a values (1, 'x'), (2, null)");
    await rowsOf(server, database.name, "insert into b values (1), (2), (3)");
    const error = await failureOf(down({ connection: database.settings, choice: { to: "0" } }));
    expect(error.kind).toBe("refused");
    expect(error.message).toBe(
      "the way down loses data:\n- 003_c drops the column a.c: 1 values\n- 002_b drops the table b: 3 rows\n- 001_a drops the table a: 2 rows",
    );
    expect(error.details.next).toBe("save what is needed, then allow it with --allow-data-loss");
    expect(await names(database)).toEqual(["001_a", "002_b", "003_c"]);
    const allowed = await down({
      connection: database.settings,
      choice: { to: "0" },
      allowDataLoss: true,
    });
    expect(allowed.reverted).toHaveLength(3);
    expect(await tables(database)).toEqual([]);
  });

  test("a row that comes between the look and the drop is not lost unseen", async () => {
    const database = await applied(A);
    await withClient(settingsOf(server, database.name), async (writer) => {
      await writer.query("begin; insert into a values (1)");
      const events: MigratorEvent[] = [];
      const run = failureOf(
        down({
          connection: database.settings,
          onEvent: (event) => {
            events.push(event);
            // The look before the run has seen an empty table by then.
            if (event.event === "retry") void writer.query("commit").catch(() => undefined);
          },
        }),
      );
      expect((await run).message).toBe(
        "the way down loses data:\n- 001_a drops the table a: 1 rows",
      );
      expect(events.filter(({ event }) => event === "retry").length).toBeGreaterThan(0);
    });
    expect(await tables(database)).toEqual(["a"]);
  });

  test("a name that the way down's own SET search_path moves is looked at where it leads", async () => {
    const database = await applied(
      sqlWithDown(
        "001_s",
        "create schema s; create table s.t (id int); insert into s.t values (1);",
        "set search_path = s; drop table t;",
      ),
    );
    const error = await failureOf(down({ connection: database.settings }));
    expect(error.message).toBe("the way down loses data:\n- 001_s drops the table t: 1 rows");
    expect(await names(database)).toEqual(["001_s"]);
  });

  test("a dynamic statement counts as a loss", async () => {
    const database = await applied(
      sqlWithDown("001_a", "create table a (id int);", "do $$ begin drop table a; end $$;"),
    );
    const error = await failureOf(down({ connection: database.settings }));
    expect(error.message).toContain("a DO block: what it changes cannot be told beforehand");
  });

  test("a TypeScript way down is stopped before the first statement that loses data, even if it swallows the error", async () => {
    const text = `const { sql } = require("kysely");
      exports.up = async (db) => {
        await db.schema.createTable("k").addColumn("id", "integer").execute();
        await sql\`insert into k values (1)\`.execute(db);
      };
      exports.down = async (db) => {
        await sql\`create table left_behind (id int)\`.execute(db);
        try { await db.schema.dropTable("k").execute(); } catch {}
      };`;
    const migration = typescript("001_k", text, { down: way("typescript", "001_k.ts", text) });
    const database = await applied(migration);
    const error = await failureOf(down({ connection: database.settings }));
    expect(error.message).toBe('the way down loses data:\n- 001_k drops the table "k": 1 rows');
    expect(await tables(database)).toEqual(["k"]);
    expect(await names(database)).toEqual(["001_k"]);
    await down({ connection: database.settings, allowDataLoss: true });
    expect(await tables(database)).toEqual(["left_behind"]);
    expect(await names(database)).toEqual([]);
  });

  test("a missing way down is refused before anything is undone; the folder's is taken where it has one", async () => {
    const bare = sql("001_a", "create table a (id int);");
    const database = await applied(bare, B);
    const error = await failureOf(down({ connection: database.settings, choice: { to: "0" } }));
    expect(error.message).toBe("001_a has no way down, neither in the history nor in the folder");
    expect(await names(database)).toEqual(["001_a", "002_b"]);
    const result = await down({
      connection: database.settings,
      migrations: bundleOf({ ...bare, down: A.down }, B),
      choice: { to: "0" },
    });
    expect(result.reverted.map(({ name }) => name)).toEqual(["002_b", "001_a"]);
  });

  test("a way down that was changed in the table is not run", async () => {
    const database = await applied(A);
    await rowsOf(
      server,
      database.name,
      "update migration_history set down_text = 'drop schema public cascade'",
    );
    const error = await failureOf(down({ connection: database.settings, allowDataLoss: true }));
    expect(error.message).toBe(
      "the way down of 001_a is not what was kept when it was applied: somebody changed it in public.migration_history",
    );
    expect(await tables(database)).toEqual(["a"]);
  });

  test("one that fails is rolled back with its line, stays in the history and is logged", async () => {
    const database = await applied(
      sqlWithDown("001_a", "create table a (id int);", "drop table a;\n\ndrop table nosuch;\n"),
    );
    const error = await failureOf(down({ connection: database.settings }));
    expect(error.details).toMatchObject({ line: 3, sqlstate: "42P01" });
    expect(await tables(database)).toEqual(["a"]);
    expect(await names(database)).toEqual(["001_a"]);
    expect(
      await rowsOf(
        server,
        database.name,
        "select direction, outcome, detail from migration_events order by finished desc limit 1",
      ),
    ).toMatchObject([
      {
        direction: "down",
        outcome: "failed",
        detail: expect.stringContaining('table "nosuch" does not exist') as unknown,
      },
    ]);
  });

  test("one without a transaction runs its statements on their own", async () => {
    const database = await applied(
      A,
      sql("002_i", "create index concurrently a_id on a (id);", {
        transaction: false,
        down: way(
          "sql",
          "002_i.down.sql",
          "-- tidegate:no-transaction\ndrop index concurrently a_id;\n",
        ),
      }),
    );
    await down({ connection: database.settings });
    expect(await names(database)).toEqual(["001_a"]);
    expect(await rowsOf(server, database.name, "select to_regclass('a_id')::text as i")).toEqual([
      { i: null },
    ]);
  });

  test("one that ends its own transaction is not recorded", async () => {
    const database = await applied(
      sqlWithDown("001_a", "create table a (id int);", "commit; drop table a;"),
    );
    const error = await failureOf(down({ connection: database.settings, allowDataLoss: true }));
    expect(error.message).toContain("ended its own transaction");
    expect(await names(database)).toEqual(["001_a"]);
  });
});
