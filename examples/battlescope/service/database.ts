import { Client, Pool, type ClientConfig, type QueryResult } from "pg";
import type { Connection } from "./connections.ts";

/** A hung server must become an answer (503 with the reason), not a request that never ends. */
const CONNECT_TIMEOUT_MS = 3000;
const QUERY_TIMEOUT_MS = 5000;
/** Connections that one process holds at most, per database. */
const POOL_SIZE = 10;

/** One query on one connection; values are always parameters. */
export type RunQuery = <Row extends object>(
  text: string,
  values?: readonly unknown[],
) => Promise<Row[]>;

/** One database that the service uses. */
export interface Database {
  readonly name: string;
  /** Runs a query on a pooled connection. */
  readonly query: RunQuery;
  /** Calls `use` with a connection of its own, closed after it. */
  readonly withNewConnection: <T>(use: (query: RunQuery) => Promise<T>) => Promise<T>;
  /** Waits for the queries that run, then closes every connection. */
  readonly close: () => Promise<void>;
}

export interface DatabaseArgs {
  readonly connection: Connection;
  /** Tells services and their versions apart in `pg_stat_activity`. */
  readonly applicationName: string;
  /** Called when an idle connection breaks; the pool opens another one when it needs it. */
  readonly onIdleError: (error: Error) => void;
}

/** Makes the handle of a database; it connects with the first query. */
export function makeDatabase(args: DatabaseArgs): Database {
  const config = clientConfig(args);
  const pool = new Pool({ ...config, max: POOL_SIZE });
  // Without a listener, a server that restarts would end the process by an unhandled error event.
  pool.on("error", args.onIdleError);
  return {
    name: args.connection.database,
    query: async <Row extends object>(text: string, values: readonly unknown[] = []) =>
      rows(await pool.query<Row>(text, [...values])),
    withNewConnection: async (use) => {
      const client = new Client(config);
      client.on("error", args.onIdleError);
      try {
        await client.connect();
        return await use(
          async <Row extends object>(text: string, values: readonly unknown[] = []) =>
            rows(await client.query<Row>(text, [...values])),
        );
      } finally {
        await client.end();
      }
    },
    close: () => pool.end(),
  };
}

const rows = <Row extends object>(result: QueryResult<Row>): Row[] => result.rows;

/** All that says who connects to what is given, so that no `PG*` variable can fill a gap. */
function clientConfig({ connection, applicationName }: DatabaseArgs): ClientConfig {
  return {
    host: connection.host,
    port: connection.port,
    database: connection.database,
    user: connection.user,
    // A function, as pg takes an empty text for "not given" and looks for PGPASSWORD.
    password: () => connection.password,
    ssl: connection.tls,
    application_name: applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    keepAlive: true,
  };
}
