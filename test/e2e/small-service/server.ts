/**
 * A service of one table, for scenarios that need a program which changes with its schema: it writes and
 * reads one column, whose name is baked into its image, and migrates as it starts where its pod says so.
 */
import { createServer } from "node:http";
import { migrateAtStartup, MigratorError, verdictOf } from "@tidegate/migrator";
import { Client, Pool } from "pg";

const { DATABASE_URL = "", PORT = "3000", SERVICE_VERSION = "", COLUMN = "name" } = process.env;
const column = `"${COLUMN}"`;
const write = `insert into things (${column}) values ($1) returning ${column} as written`;
const read = `select ${column} from things order by id desc limit 1`;

function say(event: string, fields: object = {}): void {
  process.stdout.write(`${JSON.stringify({ event, version: SERVICE_VERSION, ...fields })}\n`);
}

async function migrateFirst(): Promise<void> {
  if (process.env["MIGRATOR_PGHOST"] === undefined) return;
  const result = await migrateAtStartup({ onEvent: (event) => say("migration", { event }) });
  const names = result?.applied.map(({ name }) => name);
  say("migrated", { applied: names ?? "switched off" });
}

/** One write and one read over a connection of its own, as a worst case of old and new code side by side. */
async function beat(): Promise<string> {
  const client = new Client({ connectionString: DATABASE_URL, query_timeout: 5000 });
  client.on("error", () => undefined);
  await client.connect();
  try {
    const text = `v${SERVICE_VERSION}`;
    const { rows } = await client.query<{ written: string }>(write, [text]);
    await client.query(read);
    if (rows[0]?.written !== text)
      throw new Error(`wrote ${text} and read ${rows[0]?.written ?? ""}`);
    return text;
  } finally {
    await client.end();
  }
}

async function serve(): Promise<void> {
  await migrateFirst();
  // A pool holds its connection until the process ends, as a real service's does.
  const pool = new Pool({ connectionString: DATABASE_URL, max: 1, idleTimeoutMillis: 0 });
  pool.on("error", () => undefined);
  const server = createServer((request, response) => {
    const answer = async (): Promise<object> => {
      const [path] = (request.url ?? "").split("?", 1);
      if (path === "/healthz") return {};
      if (path === "/readyz") return { rows: (await pool.query(read)).rowCount };
      return { wrote: await beat() };
    };
    answer().then(
      (body) => response.end(JSON.stringify({ version: SERVICE_VERSION, ...body })),
      (error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        say("failed", { path: request.url, reason });
        response.statusCode = 503;
        response.end(JSON.stringify({ version: SERVICE_VERSION, reason }));
      },
    );
  });
  server.listen(Number(PORT), () => say("started", { column: COLUMN }));
  process.on("SIGTERM", () => {
    server.close(() => void pool.end().then(() => process.exit(0)));
    server.closeIdleConnections();
  });
}

serve().catch((error: unknown) => {
  say("not-started", {
    reason: error instanceof MigratorError ? verdictOf(error) : String(error),
  });
  process.exitCode = 1;
});
