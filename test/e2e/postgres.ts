import { Client } from "pg";
import { until } from "./observe.ts";
import type { TestStack } from "./test-stack.ts";

export interface AdminLogin {
  readonly user: string;
  readonly password: string;
}

/** Calls `use` with a connection of its own. */
export async function withClient<T>(
  config: AdminLogin & { readonly host: string; readonly port: number; readonly database: string },
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const client = new Client({ ...config, ssl: false, connectionTimeoutMillis: 20_000 });
  // A server that a scenario restarts ends this connection too; the query that runs says so.
  client.on("error", () => undefined);
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** A statement that is running, as the server shows it. */
export interface RunningStatement {
  readonly pid: number;
  readonly usename: string;
  readonly state: string;
  readonly query: string;
  /** What it waits for, such as `PgSleep`; null: it works. */
  readonly waitEvent: string | null;
}

const RUNNING = `
  select pid, usename, state, query, wait_event as "waitEvent" from pg_stat_activity
  where datname = $1 and pid <> pg_backend_pid() and state = 'active' and query like '%' || $2 || '%'`;

/**
 * Waits until the server itself shows a statement of a database in flight: "in the middle of a
 * migration" is never slept for.
 *
 * @param part text that stands in the statement and in no other.
 */
export async function seeStatement(
  stack: TestStack,
  database: string,
  part: string,
  seconds = 120,
): Promise<RunningStatement> {
  return await until(
    `a statement with '${part}' in pg_stat_activity of ${database}`,
    async () => (await runningStatements(stack, database, part))[0],
    seconds,
  );
}

/** The statements of a database that are in flight and hold `part`. */
export async function runningStatements(
  stack: TestStack,
  database: string,
  part: string,
): Promise<readonly RunningStatement[]> {
  return await stack.postgres(
    "postgres",
    async (client) => (await client.query<RunningStatement>(RUNNING, [database, part])).rows,
  );
}

/** What the history of a database holds. */
export interface HistoryEntry {
  readonly name: string;
  readonly outcome: string;
}

/** Names and outcomes in the history, in the order of the names. */
export async function history(
  stack: TestStack,
  database: string,
): Promise<readonly HistoryEntry[]> {
  return await stack.query<HistoryEntry>(
    database,
    "select name, outcome from public.migration_history order by name",
  );
}

/** Names in the history, in their order. */
export async function historyNames(stack: TestStack, database: string): Promise<readonly string[]> {
  return (await history(stack, database)).map(({ name }) => name);
}
