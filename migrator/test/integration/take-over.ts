import { expect } from "vitest";

import { adopt, type AdoptRequest } from "../../src/commands/adopt.ts";
import { migrate, verify } from "../../src/index.ts";
import { failureOf } from "./failure.ts";
import { rowsOf, type TestDatabase } from "./test-database.ts";

/**
 * Adopts with the given options, then lets `up` run, and proves that nothing ran twice and that the
 * schema is what the files make.
 *
 * @returns how many rows the history has then
 */
export async function takeOver(
  database: TestDatabase,
  folder: string,
  table: string,
  expected: {
    recorded: readonly string[];
    pending: string;
    /** The schema cannot be compared: the history was written by hand, or files are missing. */
    unverified?: true;
  },
  options: Partial<AdoptRequest> = {},
): Promise<number> {
  const { server, name } = database;
  const before = await rowsOf(server, name, `select * from ${table} order by 1`);
  const request = { connection: database.settings, migrations: folder, ...options };
  const shown = await adopt(request);
  expect(shown).toMatchObject({ pending: [expected.pending], written: false });
  expect(await rowsOf(server, name, "select to_regclass('migration_history') as t")).toEqual([
    { t: null },
  ]);
  const written = await adopt({ ...request, write: true });
  expect(written.recorded.map((row) => `${row.name} ${row.outcome}`)).toEqual(expected.recorded);
  expect(await rowsOf(server, name, `select * from ${table} order by 1`)).toEqual(before);
  const { applied } = await migrate({ connection: database.settings, migrations: folder });
  expect(applied.map((each) => each.name)).toEqual([expected.pending]);
  const events = await rowsOf<{ event: string }>(
    server,
    name,
    "select name || ' ' || direction as event from migration_events order by name collate \"C\"",
  );
  const adopted = expected.recorded.map((row) => `${row.split(" ")[0]} adopt`);
  const sorted = [...adopted, `${expected.pending} up`].toSorted();
  expect(events.map(({ event }) => event)).toEqual(sorted);
  await rowsOf(server, name, `alter role ${database.settings.user} createdb`);
  if (expected.unverified !== true) {
    const compared = await verify({ connection: database.settings, migrations: folder });
    expect(compared.differences).toEqual([]);
  }
  const again = await failureOf(adopt({ ...request, write: true }));
  expect(again.message).toContain("migration_history is not empty");
  const [rows] = await rowsOf<{ n: number }>(
    server,
    name,
    "select count(*)::int as n from migration_history",
  );
  return rows?.n ?? 0;
}
