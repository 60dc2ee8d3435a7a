import { randomBytes } from "node:crypto";

import { Client } from "pg";

import type { TestServer } from "../../../test/integration/servers.ts";
import type { ConnectionSettings } from "../../src/index.ts";

/** Settings of a login on a test server. */
export function settingsOf(
  server: TestServer,
  database: string,
  user: string = server.user,
  password: string = server.password,
): ConnectionSettings {
  return {
    host: server.host,
    port: server.port,
    database,
    user,
    password,
    tls: { mode: "disable" },
  };
}

/** A name that no other test uses. */
export function unique(word: string): string {
  return `${word}_${randomBytes(4).toString("hex")}`;
}

/** Opens a connection for a test and closes it whatever happens. */
export async function withClient<T>(
  settings: ConnectionSettings,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const { host, port, database, user } = settings;
  const client = new Client({ host, port, database, user, password: settings.password ?? "" });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Runs one statement as superuser and returns its rows. */
export async function rowsOf<T extends Record<string, unknown>>(
  server: TestServer,
  database: string,
  text: string,
  values: readonly unknown[] = [],
): Promise<readonly T[]> {
  return withClient(settingsOf(server, database), async (client) => {
    const { rows } = await client.query<T>(text, [...values]);
    return rows;
  });
}

/** An empty database of its own for one test, with a login of its own that owns it. */
export interface TestDatabase {
  readonly name: string;
  readonly server: TestServer;
  /** The owner's settings. */
  readonly settings: ConnectionSettings;
  /** The owner's connection as `DATABASE_URL`. */
  readonly url: string;
}

/** Creates a database whose owner is a login without any further right. */
export async function createDatabase(server: TestServer): Promise<TestDatabase> {
  const name = unique("db");
  const owner = unique("owner");
  const password = randomBytes(8).toString("hex");
  await withClient(settingsOf(server, server.database), async (client) => {
    await client.query(`create role ${owner} login password '${password}'`);
    await client.query(`create database ${name} owner ${owner} template template0`);
  });
  return {
    name,
    server,
    settings: settingsOf(server, name, owner, password),
    url: `postgres://${owner}:${password}@${server.host}:${server.port}/${name}`,
  };
}

/** Looks again until what is looked for is there. The test's own timeout is the bound. */
export async function eventually<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}
