import { rowsOf, type TestDatabase } from "./test-database.ts";

/** How often each drill is run: once in a pull request's test, 50 times by `npm run test:drills`. */
export const DRILLS = Number(process.env["TIDEGATE_DRILLS"] ?? "1");

/** The same for those that build an index concurrently or restart a server, which take longer. */
export const LONG_DRILLS = Math.min(DRILLS, 20);

/** Seeds of this run stand in the tests' names; set the first one to see a run again. */
const FIRST_SEED = Number(process.env["TIDEGATE_SEED"] ?? 20_261_121);

/** So many seeds, one a run. */
export function seeds(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => FIRST_SEED + index);
}

/** Numbers from 0 to 1 that depend on the seed only (a linear congruential generator, Numerical Recipes). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  // The first ones of neighbouring seeds are neighbours.
  for (let drop = 0; drop < 8; drop += 1) next();
  return next;
}

/** A whole number from `least` to `most`. */
export function between(next: () => number, least: number, most: number): number {
  return least + Math.floor(next() * (most - least + 1));
}

/** The name of the n-th migration of a drill: it makes the table of that name. */
export function tableName(number: number): string {
  return `t${String(number).padStart(3, "0")}`;
}

/** Files of so many migrations, each of one table and one index, with their ways down. */
export function tableFiles(count: number): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => tableName(index + 1)).flatMap((table) => [
      [
        `${table.slice(1)}_t.sql`,
        `create table ${table} (id int);\ncreate index on ${table} (id);\n`,
      ],
      [`${table.slice(1)}_t.down.sql`, `drop table ${table};\n`],
    ]),
  );
}

/** How often each migration was applied, and what is there of them. */
export async function summaryOf({ name, server }: TestDatabase): Promise<unknown> {
  const rows = await rowsOf(
    server,
    name,
    `select (select count(*)::int from migration_history where outcome = 'applied') as applied,
            (select count(*)::int from migration_events where outcome = 'done') as logged,
            (select count(*)::int from pg_tables where tablename ~ '^t\\d+$') as tables,
            (select count(*)::int from pg_index i join pg_class c on c.oid = i.indrelid
              where c.relname ~ '^t\\d+$' and i.indisvalid) as indexes`,
  );
  return rows[0];
}
