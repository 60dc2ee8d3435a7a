import { bootstrap, type ConnectionSettings } from "@tidegate/migrator";
import { Client, escapeLiteral } from "pg";
import { bootstrapPlanOf, loginPasswordEnv, MIGRATOR_PASSWORD_ENV } from "../config/access-plan.ts";
import type { DatabaseSpec } from "../config/spec.ts";
import type { Passwords } from "./passwords.ts";
import { SUPERUSER } from "./postgres-cluster.ts";
import { HOST } from "./postgres-server.ts";
import type { LocalPlatform } from "./select-services.ts";

/**
 * The role that makes databases and roles here: as on managed Postgres it is no superuser, so that what
 * works here works there.
 */
const ADMIN = "tidegate_admin";

/** The server to provision, and who knows its passwords. */
export interface ProvisionArgs {
  readonly port: number;
  readonly passwords: Passwords;
  readonly signal: AbortSignal;
}

/** How to log in to one database of the local server. */
function localConnection(
  port: number,
  user: string,
  password: string,
  database: string,
): ConnectionSettings {
  return { host: HOST, port, database, user, password, tls: { mode: "disable" } };
}

/** Makes the admin, or gives it the password that is kept. */
export async function ensureAdmin({ port, passwords }: ProvisionArgs): Promise<void> {
  const client = new Client({
    host: HOST,
    port,
    user: SUPERUSER,
    password: passwords.of(SUPERUSER),
    database: "postgres",
  });
  await client.connect();
  try {
    const { rowCount } = await client.query("select from pg_roles where rolname = $1", [ADMIN]);
    const password = escapeLiteral(passwords.of(ADMIN));
    await client.query(
      `${rowCount === 0 ? "create" : "alter"} role ${ADMIN} login createrole createdb nosuperuser password ${password}`,
    );
  } finally {
    await client.end();
  }
}

/** Brings about databases and logins by the runner, with the plan of the cluster. */
export class Provisioner {
  readonly #args: ProvisionArgs;
  readonly #services: LocalPlatform["services"];
  readonly #done = new Set<string>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(args: ProvisionArgs, services: LocalPlatform["services"]) {
    this.#args = args;
    this.#services = services;
  }

  /**
   * Makes a database with its roles, then the logins of those services whose databases are now all
   * there.
   *
   * @returns how its migrator logs in
   * @throws MigratorError where the server does not have it so
   */
  async provision(database: DatabaseSpec): Promise<ConnectionSettings> {
    // One after another: bootstraps of a server exclude each other anyway, by polling for a lock.
    const turn = this.#last.then(() => this.#provision(database));
    this.#last = turn.catch(() => undefined);
    return await turn;
  }

  async #provision(database: DatabaseSpec): Promise<ConnectionSettings> {
    const { passwords, port } = this.#args;
    const { migrator } = database.roles;
    this.#done.add(database.name);
    const services = this.#services.filter(
      (service) =>
        service.databases.some((use) => use.database === database.name) &&
        service.databases.every((use) => this.#done.has(use.database)),
    );
    const plan = bootstrapPlanOf({ database, services });
    const env = Object.fromEntries([
      [MIGRATOR_PASSWORD_ENV, passwords.of(migrator)],
      ...plan.logins.map(({ role }) => [loginPasswordEnv(role), passwords.of(role)]),
    ]);
    try {
      await bootstrap({ ...admin(this.#args), plan, env });
    } catch (error) {
      this.#done.delete(database.name);
      throw error;
    }
    return localConnection(port, migrator, passwords.of(migrator), database.name);
  }
}

function admin({ port, passwords, signal }: ProvisionArgs) {
  return { connection: localConnection(port, ADMIN, passwords.of(ADMIN), "postgres"), signal };
}
