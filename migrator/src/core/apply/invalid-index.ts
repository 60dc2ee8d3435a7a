import type pg from "pg";

import type { ConcurrentIndex } from "./concurrent-statement.ts";

/** What is there of an index. */
export type IndexState = "absent" | "valid" | "invalid";

/** Looks at an index of a table. */
export async function indexState(client: pg.Client, wanted: ConcurrentIndex): Promise<IndexState> {
  const found = await find(client, wanted);
  return found === null ? "absent" : found.valid ? "valid" : "invalid";
}

/**
 * Drops what an interrupted CREATE INDEX CONCURRENTLY left: an INVALID index costs every write and
 * serves no read, a second try fails on its name, and one with IF NOT EXISTS would take it for done.
 */
export async function dropInvalid(client: pg.Client, wanted: ConcurrentIndex): Promise<boolean> {
  const found = await find(client, wanted);
  if (found === null || found.valid) return false;
  await client.query("set lock_timeout = 0");
  await client.query(`drop index concurrently ${found.name}`);
  return true;
}

async function find(
  client: pg.Client,
  wanted: ConcurrentIndex,
): Promise<{ readonly valid: boolean; readonly name: string } | null> {
  const { rows } = await client.query<{ valid: boolean; name: string }>(
    `select i.indisvalid as valid,
            pg_catalog.format('%I.%I', n.nspname, c.relname) as name
       from pg_catalog.pg_index i
       join pg_catalog.pg_class c on c.oid = i.indexrelid
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where i.indrelid = pg_catalog.to_regclass($1) and c.relname = $2`,
    [wanted.table, wanted.index],
  );
  return rows[0] ?? null;
}
