import type pg from "pg";

import { StatementTokens } from "../down/statement-tokens.ts";

/** Where a statement that builds indexes CONCURRENTLY leaves INVALID ones when it is cut short. */
export interface BuildPlace {
  /** A table or an index of it, with its partitions; a schema; all of the database. */
  readonly kind: "relation" | "schema" | "database";
  /** As written, quotes and schema included. */
  readonly name: string;
  /** By `REINDEX`, whose half-built indexes are told by their names: `…_ccnew`, `…_ccold`. */
  readonly rebuilt: boolean;
}

/** An index that costs every write and serves no read. */
export interface InvalidIndex {
  /** With its schema, quoted where that is needed. */
  readonly name: string;
  readonly table: string;
}

/** Where `CREATE INDEX CONCURRENTLY` or `REINDEX … CONCURRENTLY` builds; `null` for any other statement. */
export function buildPlace(statement: string): BuildPlace | null {
  const tokens = new StatementTokens(statement);
  if (!tokens.has("CONCURRENTLY")) return null;
  if (tokens.skip("CREATE")) {
    tokens.skip("UNIQUE");
    if (!tokens.skip("INDEX", "CONCURRENTLY") || !tokens.skipTo("ON")) return null;
    tokens.skip("ONLY");
    const name = tokens.name();
    return name === null ? null : { kind: "relation", name, rebuilt: false };
  }
  if (!tokens.skip("REINDEX")) return null;
  const of = KINDS.find(([word]) => tokens.skipTo(word));
  if (of === undefined) return null;
  tokens.skip("CONCURRENTLY");
  const name = tokens.name();
  if (name === null && of[1] !== "database") return null;
  return { kind: of[1], name: name ?? "", rebuilt: true };
}

const KINDS = [
  ["INDEX", "relation"],
  ["TABLE", "relation"],
  ["SCHEMA", "schema"],
  ["DATABASE", "database"],
] as const;

/** What belongs to a place, TOAST tables included: `t` is the table of an index `i`. */
const SCOPES: Readonly<Record<BuildPlace["kind"], string>> = {
  relation: `
    with named as (select pg_catalog.to_regclass($1)::oid as oid),
         all_named as (select oid from named
                       union select p.relid::oid from named, pg_catalog.pg_partition_tree(named.oid) p),
         tables as (select oid from all_named
                    union select x.indrelid from pg_catalog.pg_index x join all_named a on a.oid = x.indexrelid)
    select oid from tables
    union select c.reltoastrelid from pg_catalog.pg_class c join tables using (oid)`,
  schema: `
    with tables as (select oid, reltoastrelid from pg_catalog.pg_class
                     where relnamespace = pg_catalog.to_regnamespace($1)::oid)
    select oid from tables union select reltoastrelid from tables`,
  database: "select oid from pg_catalog.pg_class where $1::text is not null",
};

/**
 * The INVALID indexes of a place, but for those that somebody is building. An index of a partitioned
 * table is INVALID by design until all its parts are attached, and none of these.
 */
export async function invalidIndexes(
  client: pg.Client,
  { kind, name }: BuildPlace,
): Promise<readonly InvalidIndex[]> {
  const { rows } = await client.query<InvalidIndex>(
    `select pg_catalog.format('%I.%I', n.nspname, c.relname) as name,
            i.indrelid::pg_catalog.regclass::text as "table"
       from pg_catalog.pg_index i
       join pg_catalog.pg_class c on c.oid = i.indexrelid
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where not i.indisvalid and c.relkind = 'i' and i.indrelid in (${SCOPES[kind]})
        and not exists (select from pg_catalog.pg_stat_progress_create_index p
                         where p.index_relid = i.indexrelid)
      order by 1`,
    [name],
  );
  return rows;
}

/**
 * Drops what an interrupted `REINDEX … CONCURRENTLY` left. A half-built index of a CREATE without a name
 * cannot be told from one of somebody else's, and stays.
 *
 * @returns what was dropped.
 */
export async function dropHalfRebuilt(
  client: pg.Client,
  place: BuildPlace,
): Promise<readonly string[]> {
  if (!place.rebuilt) return [];
  const left = (await invalidIndexes(client, place)).filter(({ name }) =>
    /_cc(?:new|old)\d*"?$/.test(name),
  );
  for (const { name } of left) {
    await client.query("set lock_timeout = 0");
    await client.query(`drop index concurrently if exists ${name}`);
  }
  return left.map(({ name }) => name);
}
