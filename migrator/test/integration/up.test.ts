import { describe, expect, inject, test } from "vitest";

import { migrate } from "../../src/index.ts";
import { bundleOf, sql, typescript } from "./bundles.ts";
import { createDatabase, rowsOf } from "./test-database.ts";

describe.each(inject("servers"))("up on Postgres $major", (server) => {
  test("SQL and TypeScript migrations are applied in order and recorded", async () => {
    const database = await createDatabase(server);
    const result = await migrate({
      connection: database.settings,
      migrations: bundleOf(
        sql("001_a", "create table a (id int);\ncreate index a_id on a (id);"),
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
    expect(
      await rowsOf(
        server,
        database.name,
        "select name, phase, outcome, batch, git_commit, kind from migration_history order by name",
      ),
    ).toEqual([
      {
        name: "001_a",
        phase: "expand",
        outcome: "applied",
        batch: 1,
        git_commit: "abc",
        kind: "sql",
      },
      {
        name: "002_b",
        phase: "expand",
        outcome: "applied",
        batch: 1,
        git_commit: "abc",
        kind: "typescript",
      },
    ]);
    expect(await rowsOf(server, database.name, "select count(*)::int as n from b")).toEqual([
      { n: 2 },
    ]);
  });
});
