import type { Database } from "./database.ts";
import { describeFailure } from "./failure.ts";

/** Whether one database serves this version of the code. */
export interface DatabaseReadiness {
  readonly database: string;
  readonly ready: boolean;
  /** The migration that the code needs. */
  readonly needs?: string;
  /** Why it isn't ready. */
  readonly reason?: string;
}

/**
 * A migration counts under its own name and under one that it had before, or when a baseline that is
 * not older stands for it. What else is applied doesn't matter: a schema that is ahead stays ready, or
 * an image could not be rolled back.
 */
const IS_APPLIED = `
  select exists (
    select from public.migration_history
    where outcome in ('applied', 'baseline') and (name = $1 or $1 = any (aliases))
      or outcome = 'baseline'
        and (substring(name from '^[0-9]+')::numeric, name collate "C")
          >= (substring($1 from '^[0-9]+')::numeric, $1 collate "C")
  ) as applied`;

/**
 * Asks a database whether the migration that the code was built for is applied.
 * @param versions Newest migration needed, by database; a database that is not in it is never ready.
 */
export async function checkReadiness(
  database: Database,
  versions: Readonly<Record<string, string>>,
): Promise<DatabaseReadiness> {
  const needs = versions[database.name];
  if (needs === undefined) {
    const reason = "this image was not built for this database: name it in schema-versions.ts";
    return { database: database.name, ready: false, reason };
  }
  try {
    const [row] = await database.query<{ applied: boolean }>(IS_APPLIED, [needs]);
    if (row?.applied === true) return { database: database.name, ready: true, needs };
    const reason = `the migration ${needs} is not applied: run the database's migrations`;
    return { database: database.name, ready: false, needs, reason };
  } catch (error) {
    return { database: database.name, ready: false, needs, reason: describeFailure(error) };
  }
}
