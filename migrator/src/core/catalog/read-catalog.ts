import { EVENTS_TABLE, HISTORY_TABLE } from "../../contract.ts";
import type { Session } from "../connection/session.ts";
import type { Catalog, CatalogEntry } from "./catalog-entry.ts";
import { OTHER_FACTS } from "./other-facts.ts";
import { RELATION_FACTS } from "./relation-facts.ts";

/**
 * Schemas and relations that are nobody's but the migrations': not Postgres' own, not an extension's, not
 * the history. A sequence of an identity column is the column's.
 */
const SCOPE = `
with me as (select oid from pg_roles where rolname = current_user),
ns as (
  select n.oid, case n.nspname when 'public' then '' else quote_ident(n.nspname) || '.' end as prefix
    from pg_namespace n where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'),
rel as (
  select c.*, case c.relkind when 'v' then 'view ' when 'm' then 'materialized view ' when 'S' then 'sequence '
                             when 'f' then 'foreign table ' else 'table ' end || ns.prefix || quote_ident(c.relname) as object
    from pg_class c join ns on ns.oid = c.relnamespace
   where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
     and not (ns.prefix = '' and c.relname in ('${HISTORY_TABLE}', '${EVENTS_TABLE}'))
     and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid
                        and (d.deptype = 'e' or d.deptype = 'i' and c.relkind = 'S'))
     and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and c.relkind = 'S'
                        and d.refclassid = 'pg_class'::regclass and d.refobjid = to_regclass('public.${EVENTS_TABLE}')))`;

const FACTS = `${SCOPE}
select f.object::text as object, f.key::text as key, f.text::text as text
  from (${[...RELATION_FACTS, ...OTHER_FACTS].join("\nunion all\n")}) f (object, key, text)`;

/**
 * What a definition is written as must not depend on the login: with no search_path every name has its
 * schema, and the others decide how a constant of a default is written. Without JIT, which takes half a
 * second to compile a statement of this size.
 */
const SESSION =
  "set local search_path = ''; set local timezone = 'UTC'; set local datestyle = 'ISO, YMD'; set local intervalstyle = 'postgres'; set local extra_float_digits = 1; set local quote_all_identifiers = off; set local bytea_output = 'hex'; set local jit = off";

/**
 * Reads what the schema of the session's database is; rows are not looked at. Owners are named only where
 * it is another role than the session's.
 */
export async function readCatalog({ client }: Session): Promise<Catalog> {
  await client.query(`begin transaction read only; ${SESSION}`);
  try {
    const { rows } = await client.query<CatalogEntry>(FACTS);
    return rows.toSorted((a, b) => order(a.object, b.object) || order(a.key, b.key));
  } finally {
    await client.query("rollback").catch(() => undefined);
  }
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
