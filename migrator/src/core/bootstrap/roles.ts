import { type Client, escapeIdentifier as id, escapeLiteral as text } from "pg";

import type { DatabasePlan, LoginPlan } from "../../contract.ts";
import { MigratorError } from "../migrator-error.ts";
import { assertRotation, readLogin, recordGeneration } from "./login-generation.ts";

/** Said, although it is the default, because the Terraform provider says it: both lead to one catalog. */
const NO_EXPIRY = "valid until 'infinity'";

/**
 * Creates the roles of a database, or makes existing ones as they must be.
 *
 * @param migratorPassword undefined: the migrator's login is somebody else's.
 */
export async function ensureDatabaseRoles(
  client: Client,
  plan: DatabasePlan,
  migratorPassword: string | undefined,
): Promise<void> {
  for (const role of [plan.owner, plan.app, plan.readonly]) await ensureGroup(client, role);
  await ensureOwnerMembership(client, plan.owner);
  if (migratorPassword === undefined) return;
  await ensureLogin(
    client,
    { role: plan.migrator, canLogin: true, memberOf: [plan.owner] },
    migratorPassword,
  );
  const { rows } = await client.query<{ settings: string[] | null }>(
    `select setconfig as settings from pg_catalog.pg_db_role_setting
      where setdatabase = 0 and setrole = (select oid from pg_catalog.pg_roles where rolname = $1)`,
    [plan.migrator],
  );
  // Role-wide, so that whatever any tool creates belongs to the owner.
  if (rows[0]?.settings?.includes(`role=${plan.owner}`) === true) return;
  await client.query(`alter role ${id(plan.migrator)} set role = ${text(plan.owner)}`);
}

async function ensureGroup(client: Client, role: string): Promise<void> {
  const { rows } = await client.query<{ login: boolean }>(
    "select rolcanlogin as login from pg_catalog.pg_roles where rolname = $1",
    [role],
  );
  const [existing] = rows;
  if (existing === undefined) await client.query(`create role ${id(role)} nologin ${NO_EXPIRY}`);
  else if (existing.login) await client.query(`alter role ${id(role)} nologin`);
}

/**
 * Makes the admin a member of the owner, as CREATE DATABASE … OWNER and REVOKE on it need: without it
 * Postgres answers REVOKE with success, warns, and changes nothing.
 */
async function ensureOwnerMembership(client: Client, owner: string): Promise<void> {
  const { rows } = await client.query<{ version: number }>(
    "select current_setting('server_version_num')::int as version",
  );
  // From 16 on the creator of a role is its member without the use of its privileges.
  const usable = (rows[0]?.version ?? 0) >= 160000 ? "and m.inherit_option and m.set_option" : "";
  const member = await client.query(
    `select 1 from pg_catalog.pg_auth_members m
       join pg_catalog.pg_roles r on r.oid = m.roleid
       join pg_catalog.pg_roles u on u.oid = m.member
      where r.rolname = $1 and u.rolname = current_user ${usable}`,
    [owner],
  );
  if (member.rowCount === 0) await client.query(`grant ${id(owner)} to current_user`);
}

/** Creates or corrects a login and its memberships; its password is set each time, as it cannot be read. */
export async function ensureLogin(
  client: Client,
  login: Omit<LoginPlan, "passwordEnv">,
  password: string,
): Promise<void> {
  const { role, memberOf } = login;
  const state = await readLogin(client, role);
  if (state !== null) assertRotation(login, state);
  const verb = state === null ? "create" : "alter";
  const may = login.canLogin ? "login" : "nologin";
  await client.query(`${verb} role ${id(role)} ${may} password ${text(password)} ${NO_EXPIRY}`);
  await recordGeneration(client, role, login.generation);

  const current = await membershipsOf(client, role);
  for (const group of memberOf.filter((name) => !current.includes(name))) {
    await grantGroup(client, group, role);
  }
  for (const group of current.filter((name) => !memberOf.includes(name))) {
    await client.query(`revoke ${id(group)} from ${id(role)}`);
  }
}

async function grantGroup(client: Client, group: string, role: string): Promise<void> {
  const { rowCount } = await client.query("select 1 from pg_catalog.pg_roles where rolname = $1", [
    group,
  ]);
  if (rowCount === 0) {
    throw new MigratorError(
      "bootstrap",
      `${role} is to be a member of ${group}, which does not exist`,
      { next: "bootstrap the database that this group belongs to first" },
    );
  }
  await client.query(`grant ${id(group)} to ${id(role)}`);
}

async function membershipsOf(client: Client, role: string): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select distinct r.rolname::text as name from pg_catalog.pg_auth_members m
       join pg_catalog.pg_roles r on r.oid = m.roleid
       join pg_catalog.pg_roles u on u.oid = m.member
      where u.rolname = $1 order by 1`,
    [role],
  );
  return rows.map(({ name }) => name);
}
