import type { Database } from "./database.ts";

/** Who this service is in one of its databases, as the database itself tells it. */
export interface DatabaseIdentity {
  readonly database: string;
  readonly login: string;
  /** `app`: writes rows; `readonly`: reads them; `none`: neither, or there is no table yet. */
  readonly role: "app" | "readonly" | "none";
  /** Newest migration that is applied; `null` before the first. */
  readonly schemaVersion: string | null;
}

/** By privileges, not by names of roles: it tells what the login can do, however it got there. */
const WHO = `
  select current_database() as database,
    session_user as login,
    case
      when bool_or(has_table_privilege(c.oid, 'insert')) then 'app'
      when bool_or(has_table_privilege(c.oid, 'select')) then 'readonly'
      else 'none'
    end as role
  from pg_namespace n
  left join pg_class c
    on c.relnamespace = n.oid and c.relkind in ('r', 'p') and c.relname <> 'migration_history'
  where n.nspname = 'public'`;

/** Versions are ordered by the number that they begin with, then by name. */
const NEWEST = `
  select name from public.migration_history
  where outcome in ('applied', 'baseline')
  order by substring(name from '^[0-9]+')::numeric desc, name collate "C" desc
  limit 1`;

/** Reads the identity from the database. @throws what the query throws. */
export async function readIdentity(database: Database): Promise<DatabaseIdentity> {
  const who = await readRole(database);
  const [history] = await database.query<{ present: boolean }>(
    "select to_regclass('public.migration_history') is not null as present",
  );
  if (history?.present !== true) return { ...who, schemaVersion: null };
  const [newest] = await database.query<{ name: string }>(NEWEST);
  return { ...who, schemaVersion: newest?.name ?? null };
}

/** The identity without the schema's version. @throws what the query throws. */
export async function readRole(
  database: Database,
): Promise<Omit<DatabaseIdentity, "schemaVersion">> {
  const [row] = await database.query<Omit<DatabaseIdentity, "schemaVersion">>(WHO);
  if (row === undefined) throw new Error("the database has no schema public");
  return row;
}
