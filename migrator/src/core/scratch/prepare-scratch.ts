import { escapeIdentifier as id } from "pg";

import type { MigrationBundle } from "../../bundle/types.ts";
import type { Session } from "../connection/session.ts";
import { addressOf } from "../connection/settings.ts";
import { MigratorError } from "../migrator-error.ts";
import { driverError } from "../sqlstate.ts";
import { type DatabaseTraits, readTraits } from "./database-traits.ts";

/** What could not be made alike, for people; empty: nothing. */
export interface Prepared {
  /** Privileges cannot be compared for this reason; `null`: they can. */
  readonly withoutGrants: string | null;
}

/**
 * Gives an empty database what the migrations find in the real one and do not make: extensions and
 * the default privileges of the role that they act as.
 *
 * @throws MigratorError of kind `usage` where the database is too different to say anything about the
 *   other.
 */
export async function prepareScratch(
  session: Session,
  traits: DatabaseTraits,
  bundle: MigrationBundle,
): Promise<Prepared> {
  const { client, settings } = session;
  const own = await readTraits(session);
  if (own.major !== traits.major) {
    throw new MigratorError(
      "usage",
      `the scratch database ${addressOf(settings)} runs Postgres ${own.major}, the database ${traits.major}: each writes definitions in its own way`,
      { next: `give one of Postgres ${traits.major}` },
    );
  }
  const code = bundle.migrations.map(({ up }) => up).join("\n");
  const present = new Set(own.extensions.map(({ name }) => name));
  for (const { name, schema } of traits.extensions) {
    if (present.has(name) || makes(code, "extension", name)) continue;
    try {
      if (!["public", "pg_catalog"].includes(schema) && !makes(code, "schema", schema)) {
        await client.query(`create schema if not exists ${id(schema)}`);
      }
      const where = makes(code, "schema", schema) ? "" : ` schema ${id(schema)}`;
      await client.query(`create extension if not exists ${id(name)}${where}`);
    } catch (error) {
      const { code: sqlstate, message } = driverError(error);
      throw new MigratorError(
        "usage",
        `the extension ${name} cannot be created in the scratch database: ${message}`,
        {
          ...(sqlstate === undefined ? {} : { sqlstate }),
          next: `give an empty database that has it in SCRATCH_DATABASE_URL`,
        },
        { cause: error },
      );
    }
  }
  return { withoutGrants: await grantDefaults(session, traits, bundle) };
}

/** Whether a migration makes it without taking one that is there. */
function makes(code: string, kind: "extension" | "schema", name: string): boolean {
  const pattern = `create\\s+${kind}\\s+(?!if\\s)"?${name.replaceAll(/[^A-Za-z0-9_]/g, "\\$&")}"?(?![A-Za-z0-9_])`;
  return new RegExp(pattern, "i").test(code);
}

async function grantDefaults(
  { client }: Session,
  { defaults }: DatabaseTraits,
  { migrations }: MigrationBundle,
): Promise<string | null> {
  const changing = migrations.find(({ up }) => /default\s+privileges/i.test(up));
  if (changing !== undefined) {
    return `${changing.file} changes default privileges, and which of them are older nobody recorded`;
  }
  const wanted = [...new Set(defaults.flatMap(({ grantee }) => grantee ?? []))];
  const { rows } = await client.query<{ name: string }>(
    "select rolname::text as name from pg_catalog.pg_roles where rolname = any($1)",
    [wanted],
  );
  const missing = wanted.filter((name) => !rows.some((row) => row.name === name));
  if (missing.length > 0) return `the scratch database's server has no role ${missing.join(", ")}`;
  for (const { sql } of defaults) await client.query(sql);
  return null;
}
