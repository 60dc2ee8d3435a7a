import type { ConnectionSettings } from "../../src/index.ts";
import { withClient } from "./test-database.ts";

/** How long queries of a service took. */
export interface Probed {
  /** Of all queries on the table, in milliseconds. */
  readonly longest: number;
  /** Of the same on a table that nobody locks, at the same time: what the machine itself costs. */
  readonly control: number;
  readonly queries: number;
}

/**
 * Reads and writes `table` as a service does while `work` runs: every query on a new connection, each
 * measured on its own. The same goes to `control`, which nobody locks.
 */
export async function probeWhile(
  settings: ConnectionSettings,
  tables: { readonly table: string; readonly control: string },
  work: () => Promise<void>,
): Promise<Probed> {
  const longest = new Map<string, number>();
  let queries = 0;
  const state = { over: false };
  const ask = async (table: string, query: string): Promise<void> => {
    while (!state.over) {
      await withClient(settings, async (client) => {
        const before = performance.now();
        await client.query(query);
        longest.set(table, Math.max(longest.get(table) ?? 0, performance.now() - before));
        queries += 1;
      });
    }
  };
  const asking = [tables.table, tables.control].flatMap((table) => [
    ask(table, `select count(*) from ${table}`),
    ask(table, `insert into ${table} (id) values (1)`),
  ]);
  try {
    await work();
  } finally {
    state.over = true;
    await Promise.all(asking);
  }
  return {
    longest: longest.get(tables.table) ?? 0,
    control: longest.get(tables.control) ?? 0,
    queries,
  };
}
