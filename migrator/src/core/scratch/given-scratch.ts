import { escapeIdentifier as id } from "pg";

import { HISTORY_TABLE } from "../../contract.ts";
import type { CatalogEntry } from "../catalog/catalog-entry.ts";
import { readCatalog } from "../catalog/read-catalog.ts";
import { type Session, withSession } from "../connection/session.ts";
import { addressOf, type ConnectionSettings } from "../connection/settings.ts";
import { messageOf, MigratorError } from "../migrator-error.ts";
import { type DatabaseTraits, readTraits } from "./database-traits.ts";
import type { ScratchOptions } from "./scratch-database.ts";

/**
 * Uses an empty database that somebody else has made, and empties it afterwards, also after a failure.
 *
 * @throws MigratorError of kind `usage` where something is in it: all of it would be dropped.
 */
export async function withGivenScratch<T>(
  scratch: ConnectionSettings,
  { connectTimeoutSeconds, signal, onEvent }: ScratchOptions,
  use: (scratch: ConnectionSettings) => Promise<T>,
): Promise<T> {
  const before = await withSession(scratch, connectTimeoutSeconds, async (session) => {
    await assertEmpty(session);
    return await readTraits(session);
  });
  signal.throwIfAborted();
  try {
    return await use(scratch);
  } finally {
    try {
      await withSession(scratch, connectTimeoutSeconds, (session) => empty(session, before));
    } catch (error) {
      onEvent({
        event: "notice",
        message: `the scratch database ${addressOf(scratch)} could not be emptied: ${messageOf(error)}. Make it anew`,
      });
    }
  }
}

async function assertEmpty(session: Session): Promise<void> {
  const [first] = await contents(session);
  const { rows } = await session.client.query<{ there: boolean }>(
    `select pg_catalog.to_regclass('public.${HISTORY_TABLE}') is not null as there`,
  );
  const what = rows[0]?.there === true ? `table ${HISTORY_TABLE}` : first?.object;
  if (what === undefined) return;
  throw new MigratorError(
    "usage",
    `the scratch database ${addressOf(session.settings)} is not empty: it has ${what}`,
    { state: "nothing was changed", next: "give an empty one: whatever is in it is dropped" },
  );
}

async function contents(session: Session): Promise<readonly CatalogEntry[]> {
  const catalog = await readCatalog(session);
  return catalog.filter(
    ({ object, key }) =>
      key === "" && object !== "schema public" && !object.startsWith("extension "),
  );
}

/** What is dropped by its own name; what hangs on it goes along, and the sequence of an identity with its table. */
const DROPS = `
with ns as (select oid, nspname from pg_catalog.pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'),
mine as (select classid, objid from pg_catalog.pg_depend where deptype = 'e')
select pg_catalog.format('drop schema if exists %I cascade', nspname) as sql from ns where nspname <> 'public' and ('pg_catalog.pg_namespace'::regclass, oid) not in (select * from mine)
union all
select pg_catalog.format('drop %s if exists public.%I cascade',
         case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence' when 'f' then 'foreign table' when 'c' then 'type' else 'table' end, c.relname)
  from pg_catalog.pg_class c join ns on ns.oid = c.relnamespace
 where nspname = 'public' and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f', 'c') and ('pg_catalog.pg_class'::regclass, c.oid) not in (select * from mine)
   and not exists (select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'i' and c.relkind = 'S')
union all
select pg_catalog.format('drop routine if exists public.%I(%s) cascade', p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid))
  from pg_catalog.pg_proc p join ns on ns.oid = p.pronamespace
 where nspname = 'public' and ('pg_catalog.pg_proc'::regclass, p.oid) not in (select * from mine)
   and not exists (select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'i')
union all
select pg_catalog.format('drop type if exists public.%I cascade', t.typname)
  from pg_catalog.pg_type t join ns on ns.oid = t.typnamespace
 where nspname = 'public' and t.typtype in ('e', 'd', 'r') and ('pg_catalog.pg_type'::regclass, t.oid) not in (select * from mine)
union all
select pg_catalog.format('drop collation if exists public.%I cascade', l.collname)
  from pg_catalog.pg_collation l join ns on ns.oid = l.collnamespace
 where nspname = 'public' and ('pg_catalog.pg_collation'::regclass, l.oid) not in (select * from mine)
union all
select pg_catalog.format('drop event trigger if exists %I cascade', evtname) from pg_catalog.pg_event_trigger
union all
select pg_catalog.format('drop publication if exists %I', pubname) from pg_catalog.pg_publication`;

async function empty(session: Session, before: DatabaseTraits): Promise<void> {
  const { client } = session;
  const after = await readTraits(session);
  const present = new Set(before.extensions.map(({ name }) => name));
  for (const { name } of after.extensions) {
    if (!present.has(name)) await client.query(`drop extension if exists ${id(name)} cascade`);
  }
  const { rows } = await client.query<{ sql: string }>(DROPS);
  for (const { sql } of rows) await client.query(sql);
  for (const { sql, undo } of after.defaults) {
    if (!before.defaults.some((each) => each.sql === sql)) await client.query(undo);
  }
  const [left] = await contents(session);
  if (left !== undefined) throw new Error(`${left.object} is still there`);
}
