import { describe, expect, inject, test } from "vitest";

import { adopt } from "../../src/commands/adopt.ts";
import { verdictOf } from "../../src/core/verdict.ts";
import { down, migrate } from "../../src/index.ts";
import { applyWithKysely } from "./adopt-tools.ts";
import { bundleOf, sql } from "./bundles.ts";
import { failureOf } from "./failure.ts";
import { recordsOf, runRunner, withFolder } from "./runner-process.ts";
import { createDatabase, rowsOf, settingsOf, withClient } from "./test-database.ts";

const COUNT = `export async function up(db) {
  await db.schema.createTable("a").ifNotExists().addColumn("id", "integer").execute();
  await db.insertInto("a").values({ id: 1 }).execute();
}`;
const GOOSE = `create table goose_db_version (id serial primary key, version_id bigint not null, is_applied boolean not null, tstamp timestamptz default now());
insert into goose_db_version (version_id, is_applied) values (0, true)`;

describe.each(inject("servers"))("the first up on Postgres $major", (server) => {
  test("beside the full history of another tool is refused, runs nothing, and goes on after adopt", async () => {
    const database = await createDatabase(server);
    const connection = database.settings;
    const state = () =>
      rowsOf(
        server,
        database.name,
        "select count(*)::int as rows, to_regclass('migration_history') as ours from a",
      );
    await withFolder({ "001_a.mjs": COUNT }, async (folder) => {
      await applyWithKysely(database.url, folder.path, ["001_a.mjs"]);
      const migrations = folder.path;
      const refused = await failureOf(migrate({ connection, migrations }));
      expect(verdictOf(refused)).toBe(
        "another tool has migrated this database, and nothing of it is in migration_history: public.kysely_migration of kysely has 1 entry; every file would run again\nstate: nothing was changed\nnext: take it over: `migrator adopt` shows what it would record (`migrator baseline VERSION` records by version alone); where that table has nothing to do with these files, `migrator up --ignore-other-history`",
      );
      expect(await state()).toEqual([{ rows: 1, ours: null }]);
      const job = { env: { TIDEGATE_DATABASE: "orders" }, connection, migrations };
      expect((await failureOf(migrate(job))).details.next).toBe(
        "take it over, or say that it has nothing to do with these files: docs/runbook.md, Another tool has migrated the database",
      );
      await adopt({ connection, migrations, write: true });
      expect((await migrate({ connection, migrations })).applied).toEqual([]);
      await folder.write("002_b.sql", "create table b (id int);\n");
      const next = await migrate({ connection, migrations });
      expect(next.applied.map(({ name }) => name)).toEqual(["002_b"]);
      expect(await state()).toEqual([{ rows: 1, ours: "migration_history" }]);
    });
  });

  test("goes on where the other table has nothing to do with the files, and is asked only once", async () => {
    const database = await createDatabase(server);
    await rowsOf(
      server,
      database.name,
      `${GOOSE}, (20240101000000, true), (20240102000000, true); grant select on goose_db_version to public`,
    );
    await withFolder({ "001_a.sql": "create table a (id int);\n" }, async (folder) => {
      const env = { DATABASE_URL: database.url, MIGRATIONS_DIR: folder.path };
      const refused = await runRunner(["up"], env);
      expect({ code: refused.code, last: recordsOf(refused.out).at(-1) }).toMatchObject({
        code: 1,
        last: {
          kind: "refused",
          message: expect.stringContaining("public.goose_db_version of goose has 2 entries"),
        },
      });
      expect((await runRunner(["up", "--ignore-other-history"], env)).code).toBe(0);
      await folder.write("002_b.sql", "create table b (id int);\n");
      expect((await runRunner(["up"], env)).code).toBe(0);
    });
  });

  test("an empty history of another tool, and one that the login may not read, are no obstacle", async () => {
    const database = await createDatabase(server);
    await rowsOf(server, database.name, `${GOOSE}; grant select on goose_db_version to public`);
    await rowsOf(
      server,
      database.name,
      "create schema auth; create table auth.schema_migrations (version varchar primary key); insert into auth.schema_migrations values ('20240101000000')",
    );
    const { applied } = await migrate({
      connection: database.settings,
      migrations: bundleOf(sql("001_a", "select 1;")),
    });
    expect(applied).toHaveLength(1);
  });

  test("a history that down has emptied is not taken for a new one", async () => {
    const database = await createDatabase(server);
    const connection = database.settings;
    const way = {
      kind: "sql",
      file: "1_a.down.sql",
      text: "drop table a;",
      checksum: "sql1:0",
    } as const;
    const migrations = bundleOf(sql("1_a", "create table a (id int);", { down: way }));
    await migrate({ connection, migrations });
    await withClient(settingsOf(server, database.name), async (client) => {
      await client.query(`${GOOSE}, (1, true); grant select on goose_db_version to public`);
    });
    await down({ connection, choice: { to: "0" } });
    expect((await migrate({ connection, migrations })).applied).toHaveLength(1);
  });
});
