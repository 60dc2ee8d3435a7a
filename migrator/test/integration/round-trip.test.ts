import { describe, expect, inject, test } from "vitest";

import type { BundledDown } from "../../src/bundle/types.ts";
import { renderDifferences } from "../../src/core/catalog/render-differences.ts";
import { roundTrip } from "../../src/index.ts";
import { bundleOf, sql } from "./bundles.ts";
import { failureOf } from "./failure.ts";
import { recordsOf, runRunner, startRunner, withFolder } from "./runner-process.ts";
import { eventually, rowsOf, settingsOf } from "./test-database.ts";

const IRREVERSIBLE = "-- tidegate: allow missing-down because rows go\ndelete from a;\n";

function way(name: string, text: string): { readonly down: BundledDown } {
  return { down: { kind: "sql", file: `${name}.down.sql`, text, checksum: "sql1:x" } };
}

describe.each(inject("servers"))("verify --round-trip on Postgres $major", (server) => {
  const connection = settingsOf(server, server.database);
  const url = `postgres://${server.user}:${server.password}@${server.host}:${server.port}/${server.database}`;
  const scratchDatabases = (): Promise<readonly unknown[]> =>
    rowsOf(
      server,
      server.database,
      "select datname from pg_database where datname like 'tidegate_scratch_%'",
    );

  test("names every way down that does not bring back what was before, and tries the rest all the same", async () => {
    const migrations = bundleOf(
      sql("001_a", "create table a (id int primary key);\n", way("001_a", "drop table a;\n")),
      sql(
        "002_b",
        "alter table a add n int default 1;\ncreate index a_n on a (n);\n",
        way("002_b", "drop index a_n;\n"),
      ),
      sql("003_c", "create type mood as enum ('x');\n", way("003_c", "select 1;\n")),
      sql("004_d", "create table d ();\n", way("004_d", "drop table dd;\n")),
      sql("005_e", "create table e ();\n"),
      sql("006_f", IRREVERSIBLE, {
        statements: [
          { start: IRREVERSIBLE.indexOf("delete"), end: IRREVERSIBLE.length - 2, line: 2 },
        ],
      }),
      sql("007_g", "create index concurrently a_id on a (id);\n", {
        transaction: false,
        ...way("007_g", "-- tidegate:no-transaction\ndrop index concurrently a_id;\n"),
      }),
    );
    const trips = await roundTrip({ connection, migrations });
    expect(
      trips.map(({ outcome, file, reason, differences }) => [
        `${outcome} ${file}`,
        ...(reason === null ? [] : [reason]),
        ...renderDifferences(differences),
      ]),
    ).toEqual([
      ["ok 001_a.down.sql"],
      [
        "failed 002_b.down.sql",
        'after its way down the schema is not as before its way up, and its way up fails then: line 1: column "n" of relation "a" already exists (SQLSTATE 42701)',
        "+ table a: column n integer default 1",
      ],
      [
        "failed 003_c.down.sql",
        'after its way down the schema is not as before its way up, and its way up fails then: line 1: type "mood" already exists (SQLSTATE 42710)',
        "+ enum mood",
      ],
      [
        "failed 004_d.down.sql",
        'its way down fails: line 1: table "dd" does not exist (SQLSTATE 42P01)',
      ],
      [
        "failed 005_e.sql",
        "it has no way down; write one, or say why: -- tidegate: allow missing-down because …",
      ],
      ["irreversible 006_f.sql"],
      ["ok 007_g.down.sql"],
    ]);
    expect(await scratchDatabases()).toEqual([]);
  });

  test("a way up that does not run on an empty database ends it, with the file", async () => {
    const migrations = bundleOf(
      sql("001_a", "create table if not exists kept.a ();\n", { ...way("001_a", "select 1;\n") }),
    );
    const error = await failureOf(roundTrip({ connection, migrations }));
    expect(error.message).toBe('schema "kept" does not exist');
    expect(error.details.state).toBe(
      "that was in the scratch database, which is gone; nothing else was changed",
    );
    expect(await scratchDatabases()).toEqual([]);
  });

  test("the command ends with 0, 1 and 2, of SQL and TypeScript, also from a version on", async () => {
    const files = {
      "001_a.sql": "create table a (id int);\n",
      "002_b.ts":
        'import { type Kysely } from "kysely";\nexport const up = (db: Kysely<unknown>) => db.schema.createTable("b").addColumn("id", "integer").execute();\nexport const down = (db: Kysely<unknown>) => db.schema.dropTable("b").execute();\n',
    };
    await withFolder(files, async (folder) => {
      const env = { DATABASE_URL: url, MIGRATIONS_DIR: folder.path };
      const all = await runRunner(["verify", "--round-trip"], env);
      expect({ code: all.code, records: recordsOf(all.out) }).toMatchObject({
        code: 1,
        records: [
          { event: "round-trip", name: "001_a", outcome: "failed" },
          { event: "round-trip", name: "002_b", outcome: "ok", differences: [] },
          { event: "done", command: "verify", migrations: 2, failed: 1 },
          { event: "error", kind: "refused" },
        ],
      });
      const newer = await runRunner(["verify", "--round-trip", "--after", "1"], env);
      expect({ code: newer.code, records: recordsOf(newer.out) }).toMatchObject({
        code: 0,
        records: [
          { name: "002_b", outcome: "ok" },
          { event: "done", failed: 0 },
        ],
      });
      const wrong = await runRunner(["verify", "--after", "1"], env);
      expect(wrong.code).toBe(2);
    });
    expect(await scratchDatabases()).toEqual([]);
  });

  test("SIGTERM ends it cleanly, and no scratch database is left", async () => {
    await withFolder({ "001_a.sql": "select pg_sleep(600);\n" }, async (folder) => {
      const env = { DATABASE_URL: url, MIGRATIONS_DIR: folder.path };
      const runner = startRunner(["verify", "--round-trip"], env);
      await eventually(async () => {
        const rows = await rowsOf(
          server,
          server.database,
          "select 1 from pg_stat_activity where datname like 'tidegate_scratch_%' and wait_event = 'PgSleep'",
        );
        return rows.length > 0;
      });
      runner.kill("SIGTERM");
      const { code, out } = await runner.ended;
      expect({ code, last: recordsOf(out).at(-1) }).toMatchObject({
        code: 1,
        last: { event: "error", kind: "stopped", message: "stopped by SIGTERM" },
      });
    });
    expect(await scratchDatabases()).toEqual([]);
  });
});
