import { describe, expect, inject, test } from "vitest";

import { migrate, type MigratorEvent } from "../../src/index.ts";
import { bundleOf, sql } from "./bundles.ts";
import { failureOf } from "./failure.ts";
import { createDatabase, rowsOf, settingsOf, withClient } from "./test-database.ts";

const TABLE = sql(
  "001_t",
  "create table t (id int, x int);\ninsert into t select i, i from generate_series(1, 1000) i;",
);
const index = (up: string): ReturnType<typeof sql> => sql("002_i", up, { transaction: false });

describe.each(inject("servers"))("no-transaction files on Postgres $major", (server) => {
  const validity = (database: string): Promise<readonly unknown[]> =>
    rowsOf(
      server,
      database,
      "select indexrelid::regclass::text as name, indisvalid as valid from pg_index where indrelid = 't'::regclass order by 1",
    );

  test("four runners with CREATE INDEX CONCURRENTLY all succeed and leave a valid index", async () => {
    const database = await createDatabase(server);
    const migrations = bundleOf(
      TABLE,
      index(
        "create index concurrently t_x on t (x);\ncreate unique index concurrently t_id on t (id);",
      ),
    );
    const results = await Promise.all(
      Array.from({ length: 4 }, () => migrate({ connection: database.settings, migrations })),
    );
    expect(results.flatMap(({ applied }) => applied.map(({ name }) => name)).toSorted()).toEqual([
      "001_t",
      "002_i",
    ]);
    expect(await validity(database.name)).toEqual([
      { name: "t_id", valid: true },
      { name: "t_x", valid: true },
    ]);
  });

  test("a failure is told without the server's notice of the runner's own ROLLBACK", async () => {
    const database = await createDatabase(server);
    const connection = database.settings;
    const notices: string[] = [];
    const onEvent = (event: MigratorEvent): void => {
      if (event.event === "notice") notices.push(event.message);
    };
    const plain = sql("002_i", "create table a (id int);\nselect 1 / 0;");
    const broken = index("create index concurrently t_x on t (x);\nselect 1 / 0;");
    const states: unknown[] = [];
    for (const second of [plain, broken]) {
      const migrations = bundleOf(TABLE, second);
      const error = await failureOf(migrate({ connection, migrations, onEvent }));
      expect(error.details).toMatchObject({ line: 2, sqlstate: "22012" });
      states.push(error.details.state);
    }
    expect(states).toEqual([
      "rolled back; the database is as 001_t left it",
      "its first statement is finished and stays; the next run goes on at statement 2 of 2",
    ]);
    expect(notices).toEqual([]);
  });

  test("a failure keeps what is finished, names the line, and the next run goes on there", async () => {
    const database = await createDatabase(server);
    const before = "create index concurrently t_x on t (x);\ninsert into t values (2000, 1);\n";
    const broken = index(`${before}\ncreate index concurrently t_y on t (y);`);
    const error = await failureOf(
      migrate({ connection: database.settings, migrations: bundleOf(TABLE, broken) }),
    );
    expect(error.details).toMatchObject({
      file: "002_i.sql",
      line: 4,
      sqlstate: "42703",
      state:
        "its first 2 statements are finished and stay; the next run goes on at statement 3 of 3",
    });
    expect(
      await rowsOf(
        server,
        database.name,
        "select outcome, statements_done from migration_history where name = '002_i'",
      ),
    ).toEqual([{ outcome: "failed", statements_done: 2 }]);

    const fixed = index(`${before}\ncreate index concurrently t_y on t (x, id);`);
    const result = await migrate({
      connection: database.settings,
      migrations: bundleOf(TABLE, fixed),
    });
    expect(result.applied.map(({ name }) => name)).toEqual(["002_i"]);
    expect(
      await rowsOf(
        server,
        database.name,
        "select outcome, checksum, statements_done from migration_history where name = '002_i'",
      ),
    ).toEqual([{ outcome: "applied", checksum: fixed.checksum, statements_done: 3 }]);
    // The second statement did not run again.
    expect(
      await rowsOf(server, database.name, "select count(*)::int as n from t where id = 2000"),
    ).toEqual([{ n: 1 }]);
  });

  test("a file that was changed where it is applied already is refused with the line", async () => {
    const database = await createDatabase(server);
    const broken = index("insert into t values (1);\nselect 1/0;");
    await failureOf(
      migrate({ connection: database.settings, migrations: bundleOf(TABLE, broken) }),
    );
    const changed = index("insert into t values (2);\nselect 1;");
    const error = await failureOf(
      migrate({ connection: database.settings, migrations: bundleOf(TABLE, changed) }),
    );
    expect(error.message).toBe(
      "002_i.sql:1 was changed where it is applied already: its first statement is finished; put it back as it was and change only what follows",
    );
  });

  test("a unique index that fails is not left INVALID for the next run", async () => {
    const database = await createDatabase(server);
    const file = index("create unique index concurrently if not exists t_u on t (x);");
    await migrate({ connection: database.settings, migrations: bundleOf(TABLE) });
    await rowsOf(server, database.name, "insert into t values (5000, 1)");
    const error = await failureOf(
      migrate({ connection: database.settings, migrations: bundleOf(TABLE, file) }),
    );
    expect(error.details).toMatchObject({ sqlstate: "23505", line: 1 });
    expect(await validity(database.name)).toEqual([{ name: "t_u", valid: false }]);
    await rowsOf(server, database.name, "delete from t where id = 5000");
    const notices: string[] = [];
    await migrate({
      connection: database.settings,
      migrations: bundleOf(TABLE, file),
      onEvent: (event) => {
        if (event.event === "notice") notices.push(event.message);
      },
    });
    expect(await validity(database.name)).toEqual([{ name: "t_u", valid: true }]);
    expect(notices).toEqual([
      "002_i.sql:1: dropped the invalid index t_u that an interrupted run left; it is built again",
    ]);
  });

  test("an INVALID index of other making is not taken for done by IF NOT EXISTS", async () => {
    const database = await createDatabase(server);
    await migrate({ connection: database.settings, migrations: bundleOf(TABLE) });
    await rowsOf(server, database.name, "insert into t values (5000, 1)");
    await rowsOf(server, database.name, "create unique index concurrently t_u on t (x)").catch(
      () => undefined,
    );
    await rowsOf(server, database.name, "delete from t where id = 5000");
    const error = await failureOf(
      migrate({
        connection: database.settings,
        migrations: bundleOf(
          TABLE,
          index("create unique index concurrently if not exists t_u on t (x);"),
        ),
      }),
    );
    expect(error.message).toContain("the index t_u exists and is INVALID");
  });

  test("CREATE INDEX CONCURRENTLY waits for a long transaction instead of timing out", async () => {
    const database = await createDatabase(server);
    await migrate({ connection: database.settings, migrations: bundleOf(TABLE) });
    await withClient(settingsOf(server, database.name), async (client) => {
      await client.query("begin; update t set x = 0 where id = 1");
      const run = migrate({
        connection: database.settings,
        migrations: bundleOf(TABLE, index("create index concurrently t_x on t (x);")),
      });
      // Longer than any lock_timeout of the runner (1 s), seen from the server's own clock.
      for (;;) {
        const [row] = await rowsOf<{ waited: boolean }>(
          server,
          database.name,
          "select coalesce(bool_or(clock_timestamp() - query_start > interval '1.5 s'), false) as waited from pg_stat_activity where datname = current_database() and query like 'create index concurrently%' and wait_event_type = 'Lock'",
        );
        if (row?.waited === true) break;
      }
      await client.query("commit");
      expect((await run).applied.map(({ name }) => name)).toEqual(["002_i"]);
    });
    expect(await validity(database.name)).toEqual([{ name: "t_x", valid: true }]);
  });

  test("a transaction that such a file opens is rolled back and refused", async () => {
    const database = await createDatabase(server);
    const error = await failureOf(
      migrate({
        connection: database.settings,
        migrations: bundleOf(TABLE, index("begin;\ninsert into t values (1);\ncommit;")),
      }),
    );
    expect(error.message).toContain("must not begin a transaction");
  });
});
