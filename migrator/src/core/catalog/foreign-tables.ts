import type { Session } from "../connection/session.ts";
import type { DatabaseState } from "../history/database-state.ts";
import { EVENTS } from "../history/events-table.ts";
import type { Catalog } from "./catalog-entry.ts";

/** What the tools keep beside the table that `adopt` read. */
const BESIDE = ["kysely_migration_lock", "knex_migrations_lock"];

/**
 * A catalog without the history of the tool that a database was taken over from: `adopt` leaves it where
 * it is, and no migration makes it.
 */
export async function withoutForeignHistory(
  { client }: Session,
  { history }: DatabaseState,
  catalog: Catalog,
): Promise<Catalog> {
  if (history === null || history.writeFormat === null) return catalog;
  const { rows } = await client.query<{ detail: string }>(
    `select distinct detail from ${EVENTS} where direction = 'adopt' and detail is not null`,
  );
  if (rows.length === 0) return catalog;
  const tables = rows.flatMap(({ detail }) => {
    const table = /^[^:]+: (.+?)(?:, at .*)?$/s.exec(detail)?.[1];
    return table === undefined ? [] : [table];
  });
  const schemas = tables.flatMap((table) => /^(.+)\.[^.]+$/.exec(table)?.[1] ?? []);
  const names = [...tables, ...BESIDE].map((table) => table.replace(/^public\./, ""));
  const gone = new Set(names.map((name) => `table ${name}`));
  const kept = catalog.filter(
    ({ object }) =>
      !gone.has(object) && !(object.startsWith("sequence ") && isOf(names, object, catalog)),
  );
  // A schema that holds nothing but that table (Drizzle's) goes with it.
  return kept.filter(
    ({ object }) =>
      !schemas.some(
        (schema) =>
          schema !== "public" &&
          object === `schema ${schema}` &&
          !kept.some((each) => each.object.includes(` ${schema}.`)),
      ),
  );
}

/** Whether a sequence belongs to a column of one of these tables. */
function isOf(tables: readonly string[], sequence: string, catalog: Catalog): boolean {
  const owner = catalog.find(({ object, key }) => object === sequence && key === "owned by");
  return tables.some((table) => owner?.text.startsWith(`owned by ${table}.`) === true);
}
