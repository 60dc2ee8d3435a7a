import type pg from "pg";

import { excerpt } from "../apply/source-position.ts";
import { lossesOf } from "./data-loss.ts";

/** Above this many rows a table is not counted but estimated: a count must not hold up a service. */
const COUNTED = 100_000;

/** Something that a statement would lose, with what is there now. */
export interface FoundLoss {
  /** One line: what, where, how much. */
  readonly what: string;
  readonly statement: string;
}

/**
 * What a statement would lose of what the database holds at this moment; an empty table loses nothing.
 * In the transaction that will run it the tables are locked against writes first, or a row that comes
 * between the look and the drop would be lost unseen.
 *
 * @param lock `false` for a look beforehand
 */
export async function assessLoss(
  client: pg.Client,
  statement: string,
  lock: boolean,
): Promise<readonly FoundLoss[]> {
  const found: FoundLoss[] = [];
  for (const loss of lossesOf(statement)) {
    if (loss.kind === "unknown") {
      found.push({
        what: `${loss.how}: what it changes cannot be told beforehand`,
        statement: excerpt(statement),
      });
      continue;
    }
    const { table, column, how } = loss;
    const place = column === null ? table : `${table}.${column}`;
    const rows = await rowsIn(client, table, column, lock);
    if (rows === null) continue;
    const unit = column === null ? "rows" : "values";
    found.push({ what: `${how} ${place}: ${rows} ${unit}`, statement: excerpt(statement) });
  }
  return found;
}

/** How many rows (or values of the column) there are; `null`: none, or no such table or column. */
async function rowsIn(
  client: pg.Client,
  table: string,
  column: string | null,
  lock: boolean,
): Promise<string | null> {
  const { rows } = await client.query<{
    relation: string;
    estimate: number;
    there: boolean;
    kind: string;
  }>(
    `select c.oid::regclass::text as relation, c.reltuples::float8 as estimate, c.relkind::text as kind,
            $2::text is null or exists (select from pg_catalog.pg_attribute a
              where a.attrelid = c.oid and a.attname = $2 and not a.attisdropped) as there
       from pg_catalog.pg_class c where c.oid = pg_catalog.to_regclass($1)`,
    [table, column === null ? null : catalogName(column)],
  );
  const [row] = rows;
  if (row === undefined || !row.there || row.kind === "v") return null;
  if (lock && row.kind !== "m" && row.kind !== "f") {
    await client.query(`lock table ${row.relation} in share row exclusive mode`);
  }
  if (row.estimate > COUNTED) return `about ${Math.round(row.estimate)}`;
  const where = column === null ? "" : ` where ${column} is not null`;
  // Where policies count for the owner too, its rows would be hidden and the table taken for empty.
  await client.query("set local row_security = off");
  const counted = await client.query<{ n: number }>(
    `select count(*)::int as n from (select 1 from ${row.relation}${where} limit ${COUNTED + 1}) x`,
  );
  await client.query("set local row_security to default");
  const n = counted.rows[0]?.n ?? 0;
  return n === 0 ? null : n > COUNTED ? `more than ${COUNTED}` : String(n);
}

/** A name as the catalog has it: folded to lower case unless quoted. */
function catalogName(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.toLowerCase();
}
