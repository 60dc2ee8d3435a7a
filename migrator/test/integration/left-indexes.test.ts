import { describe, expect, inject, test } from "vitest";

import { killWhileBuilding } from "./killed-build.ts";
import { recordsOf, runRunner, withFolder } from "./runner-process.ts";
import { createDatabase, eventually, rowsOf, type TestDatabase } from "./test-database.ts";

const TABLE = "create table t (id int);\ncreate index t_id on t (id);\n";

describe.each(inject("servers"))(
  "an interrupted build of an index on Postgres $major",
  (server) => {
    const invalid = async ({ name }: TestDatabase): Promise<readonly string[]> =>
      (
        await rowsOf<{ name: string }>(
          server,
          name,
          "select indexrelid::regclass::text as name from pg_index where not indisvalid order by 1",
        )
      ).map((row) => row.name);

    /** Kills `up` of a file in the middle of its build, then runs it again; what that run says. */
    const killedThenRun = async (
      database: TestDatabase,
      statement: string,
      left: string,
    ): Promise<readonly unknown[]> =>
      withFolder({ "001_t.sql": TABLE }, async (folder) => {
        const env = { DATABASE_URL: database.url, MIGRATIONS_DIR: folder.path };
        expect((await runRunner(["up"], env)).code).toBe(0);
        await folder.write("002_i.sql", `-- tidegate:no-transaction\n${statement};\n`);
        await killWhileBuilding(server, database, env, () =>
          eventually(async () => (await invalid(database)).length > 0),
        );
        expect(await invalid(database)).toEqual([left]);
        const { code, out } = await runRunner(["up"], env);
        expect(code, out).toBe(0);
        return recordsOf(out).flatMap((record) =>
          record["event"] === "notice" ? [record["message"]] : [],
        );
      });

    test.each(["reindex table concurrently t", "reindex index concurrently t_id"])(
      "by `%s` leaves nothing behind once it is repeated",
      async (statement) => {
        const database = await createDatabase(server);
        expect(await killedThenRun(database, statement, "t_id_ccnew")).toEqual([
          "002_i.sql:2: dropped the invalid index public.t_id_ccnew that an interrupted REINDEX left",
        ]);
        expect(await invalid(database)).toEqual([]);
      },
    );

    test("without a name is reported with its DROP, which then does away with it", async () => {
      const database = await createDatabase(server);
      const statement = "create index concurrently on t (id)";
      expect(await killedThenRun(database, statement, "t_id_idx")).toEqual([
        "002_i.sql: the index public.t_id_idx of t is INVALID: it costs every write and serves no read; if nobody is building it: DROP INDEX CONCURRENTLY public.t_id_idx",
      ]);
      await rowsOf(server, database.name, "DROP INDEX CONCURRENTLY public.t_id_idx");
      expect(await invalid(database)).toEqual([]);
    });

    test("of partitions, a TOAST table and a schema is found; an index that waits for its parts is none", async () => {
      const database = await createDatabase(server);
      await rowsOf(
        server,
        database.name,
        `create table p (id int, note text) partition by range (id);
       create table p1 partition of p for values from (0) to (9);
       create index p_id on only p (id); create index p1_id on p1 (id);
       create schema other; create table other.q (note text); create index q_note on other.q (note);
       grant all on schema public, other to public;
       alter schema other owner to ${database.settings.user}; alter table p owner to ${database.settings.user}; alter table p1 owner to ${database.settings.user}; alter table other.q owner to ${database.settings.user};
       create function toast(of regclass) returns text language sql as $$
         select i.indexrelid::regclass::text from pg_index i join pg_class c on c.reltoastrelid = i.indrelid where c.oid = of $$;
       update pg_index set indisvalid = false
        where indexrelid in ('p1_id'::regclass, 'other.q_note'::regclass, toast('p1')::regclass)`,
      );
      const [toast] = await rowsOf<{ name: string }>(
        server,
        database.name,
        "select toast('p1') as name",
      );
      await withFolder(
        {
          "001_i.sql":
            "-- tidegate:no-transaction\ncreate index concurrently p1_note on p1 (note);\nreindex schema concurrently other;\n",
        },
        async (folder) => {
          const env = { DATABASE_URL: database.url, MIGRATIONS_DIR: folder.path };
          const { code, out } = await runRunner(["up"], env);
          expect(code, out).toBe(0);
          const told = recordsOf(out).flatMap(
            (record) => /^(.+) is INVALID/.exec(String(record["message"]))?.[1] ?? [],
          );
          expect(told).toEqual([
            `001_i.sql: the index ${toast?.name} of ${toast?.name.replace(/_index$/, "")}`,
            "001_i.sql: the index public.p1_id of p1",
            // REINDEX CONCURRENTLY itself skips what is INVALID already.
            "001_i.sql: the index other.q_note of other.q",
          ]);
        },
      );
    });
  },
);
