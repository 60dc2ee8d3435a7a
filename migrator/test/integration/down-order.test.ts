import { createHash } from "node:crypto";

import { describe, expect, inject, test } from "vitest";

import type { BundledMigration } from "../../src/bundle/types.ts";
import { down, history, migrate, type MigratorEvent } from "../../src/index.ts";
import { bundleOf, sql } from "./bundles.ts";
import { failureOf } from "./failure.ts";
import { createDatabase, rowsOf, type TestDatabase } from "./test-database.ts";

function table(name: string, undo = `drop table ${name.slice(4)};`): BundledMigration {
  const checksum = `sql1:${createHash("sha256").update(undo).digest("hex")}`;
  const way = { kind: "sql", file: `${name}.down.sql`, text: undo, checksum } as const;
  return sql(name, `create table ${name.slice(4)} (id int);`, { down: way });
}

const [A, B, C, D] = [table("001_a"), table("002_b"), table("003_c"), table("004_d")];

describe.each(inject("servers"))("down by an order on Postgres $major", (server) => {
  const names = async ({ name }: TestDatabase): Promise<readonly string[]> =>
    (
      await rowsOf<{ name: string }>(server, name, "select name from migration_history order by 1")
    ).map((row) => row.name);
  /** Each list is one run, so one batch. */
  const batches = async (
    ...runs: readonly (readonly BundledMigration[])[]
  ): Promise<TestDatabase> => {
    const database = await createDatabase(server);
    const all: BundledMigration[] = [];
    for (const run of runs) {
      all.push(...run);
      await migrate({ connection: database.settings, migrations: bundleOf(...all) });
    }
    return database;
  };
  const undo = async (
    { settings }: TestDatabase,
    order: string,
    more: object = {},
  ): Promise<readonly string[]> =>
    (
      await down({ connection: settings, choice: { lastBatch: true }, order, ...more })
    ).reverted.map(({ name }) => name);

  test("the same order undoes one batch, however often it runs; another order the one before", async () => {
    const database = await batches([A], [B], [C, D]);
    expect(await undo(database, "one")).toEqual(["004_d", "003_c"]);
    expect(await undo(database, "one")).toEqual([]);
    expect(await undo(database, "one")).toEqual([]);
    expect(await names(database)).toEqual(["001_a", "002_b"]);
    expect(await undo(database, "two")).toEqual(["002_b"]);
    expect(await undo(database, "one")).toEqual([]);
    expect(await names(database)).toEqual(["001_a"]);
    const log = await history({ connection: database.settings });
    expect(
      log.filter(({ direction }) => direction === "down").map(({ name, detail }) => [name, detail]),
    ).toEqual([
      ["004_d", "order one, batch 3"],
      ["003_c", "order one, batch 3"],
      ["002_b", "order two, batch 2"],
    ]);
  });

  test("an order that broke off goes on with what is left of its batch and stops before the next", async () => {
    const broken = table("003_c", "select 1/0;");
    const database = await batches([A], [B], [broken, D]);
    const failure = await failureOf(undo(database, "one", { allowDataLoss: true }));
    expect(failure.message).toContain("division by zero");
    expect(await names(database)).toEqual(["001_a", "002_b", "003_c"]);
    await rowsOf(
      server,
      database.name,
      "update migration_history set down_text = 'drop table c;', down_digest = encode(sha256('drop table c;'), 'hex') where name = '003_c'",
    );
    expect(await undo(database, "one")).toEqual(["003_c"]);
    expect(await undo(database, "one")).toEqual([]);
    expect(await names(database)).toEqual(["001_a", "002_b"]);
  });

  test("it says where the database is, what is undone and what is lost, before the delay; stopped then, nothing is changed", async () => {
    const database = await batches([A], [B]);
    await rowsOf(server, database.name, "insert into b select generate_series(1, 7)");
    const said: string[] = [];
    const stop = new AbortController();
    const onEvent = (event: MigratorEvent): void => {
      if (event.event !== "notice") return;
      said.push(event.message);
      if (event.message.startsWith("begins in")) stop.abort();
    };
    const stopped = await failureOf(
      undo(database, "one", {
        allowDataLoss: true,
        delaySeconds: 3600,
        signal: stop.signal,
        onEvent,
      }),
    );
    expect(stopped.message).toBe("stopped by the caller");
    expect(said).toEqual([
      "before: at 002_b, 2 in the history",
      "will undo: 002_b",
      "will lose: 002_b drops the table b: 7 rows",
      "begins in 3600 s; end this process to stop it, nothing was changed yet",
    ]);
    expect(await names(database)).toEqual(["001_a", "002_b"]);
  });

  test("a dry run refuses what would be refused, waits for nothing and changes nothing", async () => {
    const database = await batches([A], [B]);
    expect(await undo(database, "one", { dryRun: true, delaySeconds: 3600 })).toEqual([]);
    await rowsOf(server, database.name, "insert into b values (1)");
    const refused = await failureOf(undo(database, "one", { dryRun: true }));
    expect(refused.message).toBe("the way down loses data:\n- 002_b drops the table b: 1 rows");
    expect(await names(database)).toEqual(["001_a", "002_b"]);
  });
});
