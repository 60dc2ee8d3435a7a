import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { PROJECT } from "./project-copy.ts";

/**
 * The databases of the small platform. The sample service asks for a migration by the database's
 * name, so these two of BattleScope's are kept, with migrations of the scenarios' own.
 */
export const ORDERS = "battlescope_ingestion";
export const STOCK = "battlescope_enrichment";

/** The services of {@link ORDERS} and {@link STOCK}; both answer `/heartbeat?new=1`. */
export const ORDERS_SERVICE = "ingestion";
export const STOCK_SERVICE = "enrichment";

/** The newest migration that the sample's code asks for. */
const NEEDED = "005_create_service_heartbeats";

/** The first migrations of a small database: a table, and what `/heartbeat` reads and writes. */
async function firstMigrations(): Promise<Readonly<Record<string, string>>> {
  const path = `examples/battlescope/migrations/${ORDERS}/${NEEDED}.sql`;
  return {
    "001_create_things.sql":
      "create table things (id bigint generated always as identity primary key, name text not null);\n",
    [`${NEEDED}.sql`]: await readFile(join(PROJECT, path), "utf8"),
  };
}

/** One service of the sample's image on one database. */
export function sampleService(
  name: string,
  database: string,
  image: string,
  more: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return {
    image,
    port: 3000,
    env: { SERVICE_NAME: name },
    databases: { [database]: "app" },
    ...more,
  };
}

/** A database of the small platform. */
export function smallDatabase(
  name: string,
  more: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return { migrations: `migrations/${name}`, ...more };
}

/** What `stack({ part, ...platform })` of a scenario takes. */
interface SmallPlatform {
  readonly config: Readonly<Record<string, unknown>>;
  readonly files: Readonly<Record<string, string>>;
}

/**
 * Two databases, a service on each: what most scenarios need.
 *
 * @param image of both services.
 */
export async function smallPlatform(image: string): Promise<SmallPlatform> {
  return await platformOf(image, { [ORDERS_SERVICE]: ORDERS, [STOCK_SERVICE]: STOCK });
}

/** The same with one database and its service. */
export async function tinyPlatform(image: string): Promise<SmallPlatform> {
  return await platformOf(image, { [ORDERS_SERVICE]: ORDERS });
}

/** @param databases by service. */
async function platformOf(
  image: string,
  databases: Readonly<Record<string, string>>,
): Promise<SmallPlatform> {
  const first = Object.entries(await firstMigrations());
  const pairs = Object.entries(databases);
  return {
    config: {
      databases: Object.fromEntries(pairs.map(([, name]) => [name, smallDatabase(name)])),
      services: Object.fromEntries(
        pairs.map(([name, database]) => [name, sampleService(name, database, image)]),
      ),
    },
    files: Object.fromEntries(
      pairs.flatMap(([, database]) =>
        first.map(([file, text]) => [`migrations/${database}/${file}`, text]),
      ),
    ),
  };
}

/** A migration that is in flight for `seconds`, found in `pg_stat_activity` by `pg_sleep`. */
export function slowMigration(seconds: number, table = "slow"): string {
  return `create table ${table} (id int);\nselect pg_sleep(${seconds});\ninsert into ${table} values (1);\n`;
}
