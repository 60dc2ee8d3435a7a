import { describe, expect, inject, test } from "vitest";

import { plan } from "../../src/commands/plan.ts";
import { runCli } from "../../src/cli/run-cli.ts";
import { migrate } from "../../src/index.ts";
import { withFolder } from "../unit/bundle/folder.ts";
import { bundleOf, sql, typescript } from "./bundles.ts";
import { failureOf } from "./failure.ts";
import { createDatabase, rowsOf, settingsOf, unique, withClient } from "./test-database.ts";

const A = sql("001_a", "create table a (id int);");
const B = typescript(
  "002_b",
  `const { sql } = require("kysely");
   exports.up = async (db) => {
     await db.schema.createTable("b").addColumn("id", "integer").execute();
     const { rows } = await sql\`select id from a\`.execute(db);
     for (const { id } of rows) await sql\`insert into b values (\${id})\`.execute(db);
   };`,
);
const C = sql(
  "003_c",
  "create index concurrently c1 on a (id);\ncreate index concurrently c2 on a (id);",
  {
    transaction: false,
  },
);
const D = sql("004_d", "drop table b;", { phase: "contract" });

test("without a connection all migrations are planned, in order, with what is known of TypeScript", async () => {
  const bundle = bundleOf(A, B, C, D);
  const result = await plan({ migrations: bundle, env: {} });
  expect(result).toEqual({
    database: null,
    version: null,
    migrations: [
      {
        name: "001_a",
        file: "001_a.sql",
        kind: "sql",
        phase: "expand",
        transaction: true,
        statements: ["create table a (id int);"],
        done: 0,
        partial: [],
      },
      {
        name: "002_b",
        file: "002_b.ts",
        kind: "typescript",
        phase: "expand",
        transaction: true,
        statements: ['create table "b" ("id" integer)', "select id from a"],
        done: 0,
        partial: ["it reads results of a query"],
      },
      {
        name: "003_c",
        file: "003_c.sql",
        kind: "sql",
        phase: "expand",
        transaction: false,
        statements: [
          "create index concurrently c1 on a (id);",
          "create index concurrently c2 on a (id);",
        ],
        done: 0,
        partial: [],
      },
      {
        name: "004_d",
        file: "004_d.sql",
        kind: "sql",
        phase: "contract",
        transaction: true,
        statements: ["drop table b;"],
        done: 0,
        partial: [],
      },
    ],
  });
  const contract = await plan({ migrations: bundle, env: {}, phase: "contract" });
  expect(contract.migrations.map(({ name }) => name)).toEqual(["004_d"]);
});

test("the command prints SQL that can be read", async () => {
  const files = {
    "001_a.sql": "create table a (id int);\ncreate table b (id int)\n",
    "002_b.sql": "-- tidegate:no-transaction\nvacuum a;",
  };
  await withFolder(files, async (dir) => {
    let out = "";
    const streams = { out: (text: string) => (out += text), err: (text: string) => (out += text) };
    const code = await runCli({
      argv: ["plan", "--migrations", dir],
      env: {},
      terminal: true,
      streams,
    });
    expect(code).toBe(0);
    expect(out).toBe(`-- 001_a.sql (expand)
begin;
create table a (id int);
create table b (id int);
commit;

-- 002_b.sql (expand, without a transaction)
vacuum a;

-- 2 migrations, as an empty database gets them
`);
  });
});

describe.each(inject("servers"))("plan on Postgres $major", (server) => {
  test("against a database only what is pending is planned, and nothing is written", async () => {
    const database = await createDatabase(server);
    const names = async (): Promise<readonly string[]> =>
      (await plan({ connection: database.settings, migrations: bundleOf(A, B, C) })).migrations.map(
        ({ name }) => name,
      );
    expect(await names()).toEqual(["001_a", "002_b", "003_c"]);
    expect(
      await rowsOf(
        server,
        database.name,
        "select relname from pg_class where relnamespace = 'public'::regnamespace",
      ),
    ).toEqual([]);
    await migrate({ connection: database.settings, migrations: bundleOf(A) });
    expect(await names()).toEqual(["002_b", "003_c"]);
    const result = await plan({ connection: database.settings, migrations: bundleOf(A) });
    expect(result).toEqual({ database: database.name, version: "001_a", migrations: [] });
  });

  test("a login that may only read the history is enough, and one that may not is told", async () => {
    const database = await createDatabase(server);
    await migrate({ connection: database.settings, migrations: bundleOf(A) });
    const reader = unique("reader");
    await withClient(settingsOf(server, database.name), async (client) => {
      await client.query(`create role ${reader} login password 'reading'`);
      await client.query(`revoke all on migration_history from public`);
    });
    const request = {
      connection: settingsOf(server, database.name, reader, "reading"),
      migrations: bundleOf(A, B),
    };
    const denied = await failureOf(plan(request));
    expect(denied.details.sqlstate).toBe("42501");
    await withClient(settingsOf(server, database.name), async (client) => {
      await client.query(`grant select on migration_history to ${reader}`);
    });
    expect((await plan(request)).migrations.map(({ name }) => name)).toEqual(["002_b"]);
  });

  test("what up would refuse is refused", async () => {
    const database = await createDatabase(server);
    await migrate({ connection: database.settings, migrations: bundleOf(A, C) });
    const late = { connection: database.settings, migrations: bundleOf(A, B, C) };
    const refused = await failureOf(plan(late));
    expect(refused.kind).toBe("refused");
    expect(refused.message).toContain("002_b.ts arrives out of order");
    const allowed = await plan({ ...late, outOfOrder: true });
    expect(allowed.migrations.map(({ name }) => name)).toEqual(["002_b"]);
  });

  test("finished statements of a file without a transaction are marked", async () => {
    const database = await createDatabase(server);
    await migrate({ connection: database.settings, migrations: bundleOf(A) });
    const broken = sql(
      "002_x",
      "create index concurrently x1 on a (id);\ncreate index concurrently x2 on nowhere (id);",
      {
        transaction: false,
      },
    );
    await failureOf(migrate({ connection: database.settings, migrations: bundleOf(A, broken) }));
    const { migrations } = await plan({
      connection: database.settings,
      migrations: bundleOf(A, broken),
    });
    expect(migrations).toMatchObject([{ name: "002_x", done: 1 }]);
  });
});
