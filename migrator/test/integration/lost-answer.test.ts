import { describe, expect, inject, test } from "vitest";

import { down, migrate } from "../../src/index.ts";
import { bundleOf, sql, typescript } from "./bundles.ts";
import { withLostAnswer } from "./lost-answer.ts";
import { createDatabase, rowsOf } from "./test-database.ts";

const WAY = { kind: "sql", file: "x.down.sql", checksum: "sql1:x" } as const;
const A = sql("001_a", "create table a (id int);", { down: { ...WAY, text: "drop table a;" } });
const B = sql("002_b", "create table b (id int);", { down: { ...WAY, text: "drop table b;" } });
const CODE = typescript(
  "002_b",
  "const { sql } = require('kysely'); exports.up = async (db) => { await sql`create table b (id int)`.execute(db); };",
);

describe.each(inject("servers"))("a COMMIT whose answer is lost on Postgres $major", (server) => {
  const logged = (name: string): Promise<readonly unknown[]> =>
    rowsOf(server, name, "select name, direction, outcome from migration_events order by finished");

  test.each([
    ["SQL", B],
    ["TypeScript", CODE],
  ])("of a migration in %s is resolved by looking: it counts, once", async (_kind, second) => {
    const database = await createDatabase(server);
    await migrate({ connection: database.settings, migrations: bundleOf(A) });
    await withLostAnswer(server, "'002_b'", async (port, lost) => {
      const { applied, version } = await migrate({
        connection: { ...database.settings, port },
        migrations: bundleOf(A, second),
      });
      expect(lost()).toBe(1);
      expect({ applied: applied.map(({ name }) => name), version }).toEqual({
        applied: ["002_b"],
        version: "002_b",
      });
    });
    expect(await logged(database.name)).toEqual([
      { name: "001_a", direction: "up", outcome: "done" },
      { name: "002_b", direction: "up", outcome: "done" },
    ]);
  });

  test("of a way down is resolved by looking too", async () => {
    const database = await createDatabase(server);
    await migrate({ connection: database.settings, migrations: bundleOf(A, B) });
    await withLostAnswer(server, "delete from public.migration_history", async (port, lost) => {
      const { reverted, version } = await down({
        connection: { ...database.settings, port },
        choice: { steps: 1 },
      });
      expect(lost()).toBe(1);
      expect({ reverted: reverted.map(({ name }) => name), version }).toEqual({
        reverted: ["002_b"],
        version: "001_a",
      });
    });
    expect(await rowsOf(server, database.name, "select to_regclass('b')::text as b")).toEqual([
      { b: null },
    ]);
  });
});
