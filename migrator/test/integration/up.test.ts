import { readFileSync } from "node:fs";

import { describe, expect, inject, test } from "vitest";

import { migrate, verdictOf } from "../../src/index.ts";
import { bundleOf, sql, typescript } from "./bundles.ts";
import { failureOf } from "./failure.ts";
import { createDatabase, rowsOf, settingsOf, withClient } from "./test-database.ts";

const A = sql("001_a", "create table a (id int);\ncreate index a_id on a (id);");
const B = sql("002_b", "create table b (id int);");
const C = sql("003_c", "create table c (id int);");

describe.each(inject("servers"))("up on Postgres $major", (server) => {
  const tables = async (database: string): Promise<readonly string[]> =>
    (
      await rowsOf<{ name: string }>(
        server,
        database,
        "select tablename::text as name from pg_tables where schemaname = 'public' order by 1",
      )
    ).map(({ name }) => name);

  test("SQL and TypeScript migrations are applied in order and recorded", async () => {
    const database = await createDatabase(server);
    const result = await migrate({
      connection: database.settings,
      migrations: bundleOf(
        A,
        typescript(
          "002_b",
          `const { sql } = require("kysely");
           exports.up = async (db) => {
             await db.schema.createTable("b").addColumn("id", "integer").execute();
             await sql\`insert into b values (1), (2)\`.execute(db);
           };`,
        ),
      ),
      gitCommit: "abc",
    });
    expect(result.applied.map(({ name }) => name)).toEqual(["001_a", "002_b"]);
    expect(result.version).toBe("002_b");
    const columns = { phase: "expand", outcome: "applied", batch: 1, git_commit: "abc" };
    expect(
      await rowsOf(
        server,
        database.name,
        "select name, kind, phase, outcome, batch, git_commit, who from migration_history order by name",
      ),
    ).toEqual([
      { name: "001_a", kind: "sql", who: database.settings.user, ...columns },
      { name: "002_b", kind: "typescript", who: database.settings.user, ...columns },
    ]);
    expect(await rowsOf(server, database.name, "select count(*)::int as n from b")).toEqual([
      { n: 2 },
    ]);
  });

  test("the way down is kept with its checksum", async () => {
    const database = await createDatabase(server);
    const down = {
      kind: "sql",
      file: "001_a.down.sql",
      text: "drop table 'a'",
      checksum: "sql1:x",
    } as const;
    await migrate({ connection: database.settings, migrations: bundleOf({ ...A, down }) });
    expect(
      await rowsOf(
        server,
        database.name,
        "select down_kind, down_text, down_checksum from migration_history",
      ),
    ).toEqual([{ down_kind: "sql", down_text: "drop table 'a'", down_checksum: "sql1:x" }]);
  });

  test("with nothing pending one statement is sent, and no lock taken", async () => {
    const database = await createDatabase(server);
    const migrations = bundleOf(A, B);
    await migrate({ connection: database.settings, migrations });
    await rowsOf(
      server,
      database.name,
      `alter database ${database.name} set log_statement = 'all'`,
    );
    const result = await migrate({ connection: database.settings, migrations });
    expect(result.applied).toEqual([]);
    const statements = readFileSync(server.logFile, "utf8")
      .split("\n")
      .filter((line) => line.startsWith(`[${database.name} `) && line.includes("statement: "));
    expect(statements).toHaveLength(1);
    expect(statements[0]).toContain("statement: select ");
  });

  test("ten runners at once on an empty database all succeed and apply each file once", async () => {
    const database = await createDatabase(server);
    const results = await Promise.all(
      Array.from({ length: 10 }, () =>
        migrate({ connection: database.settings, migrations: bundleOf(A, B, C) }),
      ),
    );
    const applied = results.flatMap((result) => result.applied.map(({ name }) => name));
    expect(applied.toSorted()).toEqual(["001_a", "002_b", "003_c"]);
    expect(results.map(({ version }) => version)).toEqual(
      Array.from({ length: 10 }, () => "003_c"),
    );
  });

  test("a failing statement is named with file, line, code and the state of the database", async () => {
    const database = await createDatabase(server);
    const broken = sql(
      "002_broken",
      "-- über 🚀\ncreate table x (id int);\n\nalter table x\n  add column y nosuchtype;\n",
    );
    const error = await failureOf(
      migrate({ connection: database.settings, migrations: bundleOf(A, broken, C) }),
    );
    expect(verdictOf(error)).toBe(
      `002_broken.sql:5: type "nosuchtype" does not exist (SQLSTATE 42704)\nstate: rolled back; the database is as 001_a left it\nnext: correct the file and run again`,
    );
    expect(await tables(database.name)).toEqual(["a", "migration_events", "migration_history"]);
  });

  test("an error that Postgres reports without a position is traced to its statement", async () => {
    const database = await createDatabase(server);
    const broken = sql(
      "001_broken",
      "create table x (id int unique);\n\ninsert into x values (1);\n\ninsert into x values (1);\n",
    );
    const error = await failureOf(
      migrate({ connection: database.settings, migrations: bundleOf(broken) }),
    );
    expect(error.details).toMatchObject({
      file: "001_broken.sql",
      line: 5,
      sqlstate: "23505",
      detail: "Key (id)=(1) already exists.",
      state: "rolled back; no migration is applied",
    });
    expect(await tables(database.name)).toEqual(["migration_events", "migration_history"]);
  });

  test("an unfinished last statement is an error of the file, not of what follows it", async () => {
    const database = await createDatabase(server);
    const error = await failureOf(
      migrate({
        connection: database.settings,
        migrations: bundleOf(sql("001_open", "create table y (id int);\ncreate table x (\n")),
      }),
    );
    expect(error.details).toMatchObject({ line: 2, sqlstate: "42601" });
    expect(await tables(database.name)).toEqual(["migration_events", "migration_history"]);
  });

  test("a file that ends in a comment without a line feed is recorded all the same", async () => {
    const database = await createDatabase(server);
    const commented = sql("001_c", "create table x (id int) -- no semicolon, no line feed");
    await migrate({ connection: database.settings, migrations: bundleOf(commented) });
    expect(await tables(database.name)).toEqual(["migration_events", "migration_history", "x"]);
  });

  test.each([
    ["COMMIT", "create table x (id int);\ncommit;\ncreate table y (id int);", ["x"]],
    [
      "COMMIT and BEGIN",
      "create table x (id int);\ncommit;\nbegin;\ncreate table y (id int);",
      ["x"],
    ],
    ["ROLLBACK", "create table x (id int);\nrollback;\ncreate table y (id int);", []],
  ])("a stray %s is not recorded as applied and said so", async (_name, text, left) => {
    const database = await createDatabase(server);
    const error = await failureOf(
      migrate({ connection: database.settings, migrations: bundleOf(sql("001_stray", text), B) }),
    );
    expect(error.message).toBe(
      "the migration ended its own transaction (COMMIT, END or ROLLBACK), so it is not recorded as applied",
    );
    expect(error.details.state).toBe(
      left.length === 0
        ? "rolled back"
        : "the file holds a COMMIT: what stood before its last one is in the database, what came after is not",
    );
    expect(await rowsOf(server, database.name, "select name from migration_history")).toEqual([]);
    expect(await tables(database.name)).toEqual(["migration_events", "migration_history", ...left]);
  });

  test("a statement that fails behind a stray COMMIT does not hide that part of the file stayed", async () => {
    const database = await createDatabase(server);
    const stray = sql("001_stray", "create table x (id int);\ncommit;\nselect 1/0;");
    const error = await failureOf(
      migrate({ connection: database.settings, migrations: bundleOf(stray) }),
    );
    expect(error.details).toMatchObject({
      line: 3,
      sqlstate: "22012",
      state:
        "the file holds a COMMIT: what stood before its last one is in the database, what came after is not",
    });
  });

  test("a savepoint in a file is no end of its transaction", async () => {
    const database = await createDatabase(server);
    const text =
      "savepoint s;\ncreate table x (id int);\nrollback to savepoint s;\ncreate table y (id int);";
    await migrate({ connection: database.settings, migrations: bundleOf(sql("001_s", text)) });
    expect(await tables(database.name)).toEqual(["migration_events", "migration_history", "y"]);
  });

  test("settings that a file leaves behind do not reach the next one", async () => {
    const database = await createDatabase(server);
    const dump = sql("001_dump", "select pg_catalog.set_config('search_path', '', false);");
    await migrate({ connection: database.settings, migrations: bundleOf(dump, A, B) });
    expect(await tables(database.name)).toEqual([
      "a",
      "b",
      "migration_events",
      "migration_history",
    ]);
  });

  test("a lost connection is replaced and the run goes on", async () => {
    const database = await createDatabase(server);
    let ended = 0;
    const result = await migrate({
      connection: database.settings,
      migrations: bundleOf(A, sql("002_slow", "select pg_sleep(1);\ncreate table s (id int);"), C),
      onEvent: (event) => {
        if (event.event !== "started" || event.migration !== "002_slow" || ended > 0) return;
        ended = 1;
        void withClient(settingsOf(server, database.name), async (client) => {
          for (;;) {
            const { rowCount } = await client.query(
              `select pg_terminate_backend(pid) from pg_stat_activity
                where datname = current_database() and query like '%pg_sleep(1)%' and state = 'active' and pid <> pg_backend_pid()`,
            );
            if (rowCount === 1) return;
          }
        });
      },
    });
    expect(ended).toBe(1);
    expect(result.applied.map(({ name }) => name)).toEqual(["001_a", "002_slow", "003_c"]);
    expect(await tables(database.name)).toEqual([
      "a",
      "c",
      "migration_events",
      "migration_history",
      "s",
    ]);
  });
});
