import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";

import type { TestServer } from "../../../test/integration/servers.ts";
import type { BootstrapPlan } from "../../src/contract.ts";
import { bootstrap, type ConnectionSettings } from "../../src/index.ts";
import { settingsOf, unique, withClient } from "./test-database.ts";

/** An admin as managed Postgres gives one: CREATEROLE and CREATEDB, no superuser. */
export async function createAdmin(server: TestServer): Promise<ConnectionSettings> {
  const name = unique("adm");
  const password = randomBytes(8).toString("hex");
  await withClient(settingsOf(server, server.database), async (client) => {
    await client.query(`create role ${name} login createrole createdb password '${password}'`);
  });
  return settingsOf(server, server.database, name, password);
}

/** A SCRAM-SHA-256 verifier of a password, as a client makes it. Source: RFC 5802 and RFC 7677. */
export function scramVerifier(password: string): string {
  const salt = randomBytes(16);
  const iterations = 4096;
  const salted = pbkdf2Sync(password, salt, iterations, 32, "sha256");
  const hmac = (text: string): Buffer => createHmac("sha256", salted).update(text).digest();
  const stored = createHash("sha256").update(hmac("Client Key")).digest("base64");
  const server = hmac("Server Key").toString("base64");
  return `SCRAM-SHA-256$${iterations}:${salt.toString("base64")}$${stored}:${server}`;
}

/** A database with all its roles and a service's two logins, and how to get in. */
export interface Provisioned {
  readonly server: TestServer;
  readonly admin: ConnectionSettings;
  readonly plan: BootstrapPlan & { readonly database: NonNullable<BootstrapPlan["database"]> };
  readonly env: Readonly<Record<string, string>>;
  /** Settings of a login of the plan, on its database. */
  readonly login: (role: string) => ConnectionSettings;
}

/** A plan with passwords, of names that no other test uses; nothing is done yet. */
export function planFor(
  server: TestServer,
  admin: ConnectionSettings,
  name = unique("shop"),
): Provisioned {
  const passwords = {
    MIGRATOR: randomBytes(8).toString("hex"),
    SERVICE: randomBytes(8).toString("hex"),
    REPORT: randomBytes(8).toString("hex"),
  };
  const database = {
    name,
    owner: `${name}_owner`,
    migrator: `${name}_migrator`,
    app: `${name}_app`,
    readonly: `${name}_readonly`,
    migratorPasswordEnv: "MIGRATOR",
    extensions: [],
  };
  const plan = {
    format: 1,
    database,
    logins: [
      { role: `${name}_svc_a`, canLogin: true, memberOf: [database.app], passwordEnv: "SERVICE" },
      { role: `${name}_svc_b`, canLogin: false, memberOf: [database.app], passwordEnv: "SERVICE" },
      {
        role: `${name}_report`,
        canLogin: true,
        memberOf: [database.readonly],
        passwordEnv: "REPORT",
      },
    ],
  } as const;
  const passwordOf = (role: string): string =>
    role === database.migrator
      ? passwords.MIGRATOR
      : role === `${name}_report`
        ? passwords.REPORT
        : passwords.SERVICE;
  return {
    server,
    admin,
    plan,
    // One as a verifier, the others in clear: both kinds must log in.
    env: { ...passwords, MIGRATOR: scramVerifier(passwords.MIGRATOR) },
    login: (role) => settingsOf(server, name, role, passwordOf(role)),
  };
}

/** A provisioned database with an admin of its own. */
export async function provision(server: TestServer): Promise<Provisioned> {
  const provisioned = planFor(server, await createAdmin(server));
  await bootstrap({
    connection: provisioned.admin,
    plan: provisioned.plan,
    env: provisioned.env,
  });
  return provisioned;
}
