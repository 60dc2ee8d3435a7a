import { describe, expect, inject, test } from "vitest";

import { down } from "../../src/commands/down.ts";
import { verdictOf } from "../../src/core/verdict.ts";
import { migrate } from "../../src/index.ts";
import { bundleOf, sql, typescript } from "./bundles.ts";
import { failureOf } from "./failure.ts";
import { createDatabase, rowsOf, settingsOf, withClient } from "./test-database.ts";

const MESSAGE =
  "the migration gave up the migration lock (pg_advisory_unlock_all or DISCARD ALL): another run could have begun beside this one";
const NEXT =
  "next: release only the locks that it took itself, by pg_advisory_unlock(KEY), and run again";

const FIRST = sql("001_a", "create table a (id int);");
const LAST = sql("003_c", "create table c (id int);");

describe.each(inject("servers"))(
  "a migration that gives up the lock on Postgres $major",
  (server) => {
    const history = (database: string): Promise<readonly unknown[]> =>
      rowsOf(server, database, "select name, outcome from migration_history order by 1");
    const tables = (database: string): Promise<readonly unknown[]> =>
      rowsOf(
        server,
        database,
        "select relname as name from pg_class where relname in ('a', 'b', 'c') order by 1",
      );

    test.each([
      ["SQL", sql("002_b", "create table b (id int);\nselect pg_advisory_unlock_all();")],
      [
        "a DO block",
        sql(
          "002_b",
          "create table b (id int);\ndo $$ begin perform pg_advisory_unlock_all(); end $$;",
        ),
      ],
      [
        "TypeScript",
        typescript(
          "002_b",
          'const { sql } = require("kysely");\nexports.up = async (db) => {\n  await sql`create table b (id int)`.execute(db);\n  await sql`select pg_advisory_unlock_all()`.execute(db);\n};\n',
        ),
      ],
    ])(
      "in %s is rolled back and refused, and nothing after it is run",
      async (_kind, migration) => {
        const { name, settings: connection } = await createDatabase(server);
        const migrations = bundleOf(FIRST, migration, LAST);
        expect(verdictOf(await failureOf(migrate({ connection, migrations })))).toBe(
          `${migration.file}: ${MESSAGE}\nstate: rolled back; the database is as 001_a left it\n${NEXT}`,
        );
        expect(await tables(name)).toEqual([{ name: "a" }]);
        expect(await history(name)).toEqual([{ name: "001_a", outcome: "applied" }]);
      },
    );

    test("without a transaction what is finished stays, the run ends there, and the next one goes on", async () => {
      const { name, settings: connection } = await createDatabase(server);
      const migration = sql("002_b", "discard all;\ncreate table b (id int);", {
        transaction: false,
      });
      const migrations = bundleOf(FIRST, migration, LAST);
      expect(verdictOf(await failureOf(migrate({ connection, migrations })))).toBe(
        `002_b.sql: ${MESSAGE}\nstate: its first statement is finished and stays; the next run goes on at statement 2 of 2\nnext: run again`,
      );
      expect(await history(name)).toEqual([
        { name: "001_a", outcome: "applied" },
        { name: "002_b", outcome: "failed" },
      ]);
      expect((await migrate({ connection, migrations })).version).toBe("003_c");
      expect(await tables(name)).toEqual([{ name: "a" }, { name: "b" }, { name: "c" }]);
    });

    test("in the last statement without a transaction the migration counts, and the run ends", async () => {
      const { name, settings: connection } = await createDatabase(server);
      const migration = sql("002_b", "create table b (id int);\ndiscard all;", {
        transaction: false,
      });
      const migrations = bundleOf(FIRST, migration, LAST);
      expect(verdictOf(await failureOf(migrate({ connection, migrations })))).toBe(
        `002_b.sql: ${MESSAGE}\nstate: it is applied and recorded; nothing after it was run\nnext: run again`,
      );
      expect(await history(name)).toEqual([
        { name: "001_a", outcome: "applied" },
        { name: "002_b", outcome: "applied" },
      ]);
      expect((await migrate({ connection, migrations })).version).toBe("003_c");
    });

    test("a way down that gives it up is rolled back, and what it undid stays applied", async () => {
      const { name, settings: connection } = await createDatabase(server);
      const text = "drop table a;\nselect pg_advisory_unlock_all();";
      const way = { kind: "sql", text, file: "001_a.down.sql", checksum: "sql1:a" } as const;
      await migrate({ connection, migrations: bundleOf({ ...FIRST, down: way }) });
      const refused = await failureOf(down({ connection, allowDataLoss: true }));
      expect(refused.message).toBe(MESSAGE);
      expect(await tables(name)).toEqual([{ name: "a" }]);
      expect(await history(name)).toEqual([{ name: "001_a", outcome: "applied" }]);
    });

    test("a lock of its own that a migration takes and gives back is its own business", async () => {
      const { settings: connection } = await createDatabase(server);
      const own = sql("002_b", "select pg_advisory_lock(42);\nselect pg_advisory_unlock(42);");
      const { version } = await migrate({ connection, migrations: bundleOf(FIRST, own, LAST) });
      expect(version).toBe("003_c");
    });

    test("the lock is held from the first migration to the last, and free afterwards", async () => {
      const database = await createDatabase(server);
      const { name, settings: connection } = database;
      await withClient(settingsOf(server, name), async (other) => {
        const free = async (): Promise<unknown> =>
          (
            await other.query<{ free: boolean }>(
              "select pg_try_advisory_xact_lock(1529447573069705091) as free",
            )
          ).rows[0]?.free;
        const seen: unknown[] = [];
        let looked = Promise.resolve();
        await migrate({
          connection,
          migrations: bundleOf(FIRST, sql("002_b", "select pg_sleep(0.2);"), LAST),
          onEvent: ({ event }) => {
            if (event !== "started") return;
            looked = looked.then(async () => void seen.push(await free()));
          },
        });
        await looked;
        expect(seen[0]).toBe(false);
        expect(await free()).toBe(true);
        const held =
          "select 1 from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())";
        expect(await rowsOf(server, name, held)).toEqual([]);
      });
    });
  },
);
