import { type Client, escapeIdentifier as id } from "pg";

import type { DatabasePlan } from "../../contract.ts";
import { MigratorError } from "../migrator-error.ts";

/**
 * Creates the database where it is absent. Encoding and locale are stated, so that it is the same on
 * every server; `template0`, as nobody is ever connected to it.
 *
 * @throws MigratorError of kind `bootstrap` where it exists and belongs to somebody else.
 */
export async function ensureDatabase(client: Client, plan: DatabasePlan): Promise<void> {
  const { rows } = await client.query<{ owner: string }>(
    "select pg_catalog.pg_get_userbyid(datdba)::text as owner from pg_catalog.pg_database where datname = $1",
    [plan.name],
  );
  const [existing] = rows;
  if (existing === undefined) {
    await client.query(
      `create database ${id(plan.name)} owner ${id(plan.owner)} template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C' connection limit -1`,
    );
    return;
  }
  if (existing.owner !== plan.owner) {
    throw new MigratorError(
      "bootstrap",
      `the database ${plan.name} exists and belongs to ${existing.owner}, not to ${plan.owner}`,
      {
        next: `ALTER DATABASE ${id(plan.name)} OWNER TO ${id(plan.owner)}, or choose another name`,
      },
    );
  }
}

/** Creates extensions as the admin: trusted ones need CREATE on the database only. */
export async function ensureExtensions(client: Client, plan: DatabasePlan): Promise<void> {
  for (const extension of plan.extensions) {
    await client.query(`create extension if not exists ${id(extension)}`);
  }
}

/** Grants and default privileges of a database, in one transaction, as its owner. */
export async function grantPrivileges(client: Client, plan: DatabasePlan): Promise<void> {
  const { name, owner, app, readonly } = plan;
  const both = `${id(app)}, ${id(readonly)}`;
  const future = `alter default privileges for role ${id(owner)} grant`;
  try {
    await client.query(
      [
        "begin",
        // A member without the use of the owner's privileges gets a warning and no REVOKE.
        `set local role ${id(owner)}`,
        `revoke all on database ${id(name)} from public`,
        `grant connect on database ${id(name)} to ${both}`,
        `grant usage on schema public to ${both}`,
        `${future} select, insert, update, delete on tables to ${id(app)}`,
        `${future} usage, select, update on sequences to ${id(app)}`,
        `${future} usage on schemas to ${id(app)}`,
        `${future} select on tables to ${id(readonly)}`,
        `${future} select on sequences to ${id(readonly)}`,
        `${future} usage on schemas to ${id(readonly)}`,
        "commit",
      ].join(";\n"),
    );
  } catch (error) {
    await client.query("rollback").catch(() => undefined);
    throw error;
  }
}
