import { describe, expect, inject, test } from "vitest";

import { down, migrate } from "../../src/index.ts";
import { bundleOf, sql } from "./bundles.ts";
import { failureOf } from "./failure.ts";
import { createDatabase, rowsOf } from "./test-database.ts";

const TABLES = `create table kept (id int);
insert into kept values (1), (2), (3);
create table log (gone int);
create function wipe() returns int language sql as 'with g as (delete from kept returning 1) select count(*)::int from g';`;

describe.each(inject("servers"))("a way down that calls on Postgres $major", (server) => {
  test.each([
    "insert into log select wipe();",
    "insert into log values (wipe());",
    "create table gone as select wipe() as rows;",
    "create table gone as values (wipe());",
    "create table gone as (select wipe() as rows);",
    "create table gone as table log; insert into gone (select wipe());",
    "create materialized view gone as select wipe() as rows;",
    "alter table kept add column gone int default wipe();",
  ])("is refused without consent, and nothing is lost: %s", async (text) => {
    const database = await createDatabase(server);
    const connection = database.settings;
    const way = { kind: "sql", file: "002_b.down.sql", text, checksum: "sql1:0" } as const;
    const last = sql("002_b", "select 1;", { down: way });
    await migrate({ connection, migrations: bundleOf(sql("001_a", TABLES), last) });

    const error = await failureOf(down({ connection }));

    expect(error.kind).toBe("refused");
    expect(error.message).toBe(
      "the way down loses data:\n- 002_b a call of wipe(): what it changes cannot be told beforehand",
    );
    expect(error.details.next).toBe("save what is needed, then allow it with --allow-data-loss");
    expect(
      await rowsOf(
        server,
        database.name,
        "select count(*)::int as rows, to_regclass('gone') as gone, (select count(*)::int from migration_history) as applied from kept",
      ),
    ).toEqual([{ rows: 3, gone: null, applied: 2 }]);
  });
});
