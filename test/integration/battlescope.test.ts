import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { compileFunction } from "node:vm";
import { Kysely, PostgresDialect, type Transaction } from "kysely";
import { Client, escapeIdentifier, Pool } from "pg";
import { describe, expect, inject, it } from "vitest";
import { SCHEMA_VERSIONS } from "../../examples/battlescope/service/schema-versions.ts";
import {
  bundleFolder,
  type BundledMigration,
  type MigrationBundle,
} from "../../migrator/src/bundle/index.ts";
import { migrate, type ConnectionSettings } from "../../migrator/src/index.ts";
import type { TestServer } from "./servers.ts";

const MIGRATIONS = "examples/battlescope/migrations";
const DATABASES = readdirSync(MIGRATIONS);

const SERVERS = inject("servers").map((server) => ({ server, major: server.major }));

it("BattleScope has the five databases of its services", () => {
  expect(DATABASES.toSorted()).toEqual([
    "battlescope_auth",
    "battlescope_battles",
    "battlescope_enrichment",
    "battlescope_ingestion",
    "battlescope_notification",
  ]);
});

describe.each(DATABASES)("%s", (name) => {
  it("has a way down for every migration, and one that needs no transaction", async () => {
    const { migrations } = await bundleFolder(`${MIGRATIONS}/${name}`);
    expect(migrations.filter(({ down }) => down === null)).toEqual([]);
    expect(migrations.filter(({ transaction }) => !transaction)).toHaveLength(1);
    expect(new Set(migrations.map(({ kind }) => kind))).toEqual(new Set(["sql", "typescript"]));
  });

  it("is at the version that the service's image was built for when all of it is applied", async () => {
    const { migrations } = await bundleFolder(`${MIGRATIONS}/${name}`);
    expect(SCHEMA_VERSIONS[name]).toBe(migrations.at(-1)?.name);
  });

  it.each(SERVERS)(
    "goes up, down step by step to nothing, and up again on Postgres $major",
    async ({ server }) => {
      const bundle = await bundleFolder(`${MIGRATIONS}/${name}`);
      await withDatabase(server, async (connection, pool) => {
        const snapshots = [await snapshot(pool)];
        for (const count of bundle.migrations.keys()) {
          await migrate({ connection, migrations: first(bundle, count + 1), expectOwner: true });
          snapshots.push(await snapshot(pool));
        }

        for (const [at, migration] of [...bundle.migrations.entries()].toReversed()) {
          await runDown(pool, migration);
          expect(await snapshot(pool), `after the way down of ${migration.name}`).toEqual(
            snapshots[at],
          );
        }
        expect(await snapshot(pool)).toEqual([]);
        const { rows } = await pool.query<{ relname: string }>(
          "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1",
        );
        expect(rows.map(({ relname }) => relname)).toEqual([
          "migration_events",
          "migration_history",
        ]);

        await pool.query("delete from public.migration_history");
        const again = await migrate({ connection, migrations: bundle, expectOwner: true });
        expect(again.applied.map((applied) => applied.name)).toEqual(
          bundle.migrations.map((migration) => migration.name),
        );
        expect(await snapshot(pool)).toEqual(snapshots.at(-1));
        const nothing = await migrate({ connection, migrations: bundle, expectOwner: true });
        expect(nothing.applied).toEqual([]);
      });
    },
  );
});

function first(bundle: MigrationBundle, count: number): MigrationBundle {
  return { ...bundle, migrations: bundle.migrations.slice(0, count) };
}

/** Everything that migrations can leave behind, a line each: relations, columns, constraints, rows. */
async function snapshot(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ line: string }>(`
    with mine as (
      select c.* from pg_class c
      left join pg_index x on x.indexrelid = c.oid
      where c.relnamespace = 'public'::regnamespace
        and coalesce(x.indrelid, c.oid)::regclass::text !~ '^migration_(history|events)'
    )
    select format('%s %s', relkind, relname) as line from mine
    union all
    select format('%s.%s %s%s %s %s', c.relname, attname, format_type(atttypid, atttypmod),
      case when attnotnull then ' not null' end, nullif(attidentity, ''),
      pg_get_expr(adbin, adrelid))
    from mine c join pg_attribute on attrelid = c.oid and attnum > 0 and not attisdropped
    left join pg_attrdef on adrelid = attrelid and adnum = attnum
    where relkind in ('r', 'p')
    union all
    select format('%s %s %s', c.relname, conname, pg_get_constraintdef(o.oid))
    from mine c join pg_constraint o on conrelid = c.oid
    union all
    select format('%s valid: %s', pg_get_indexdef(c.oid), indisvalid)
    from mine c join pg_index on indexrelid = c.oid
    union all
    select 'type ' || typname from pg_type
    where typnamespace = 'public'::regnamespace and typtype in ('e', 'd')
    union all
    select 'function ' || proname from pg_proc where pronamespace = 'public'::regnamespace
    order by line`);
  const tables = rows.flatMap(({ line }) => (line.startsWith("r ") ? [line.slice(2)] : []));
  const counts = tables.map(async (table) => {
    const count = await pool.query<{ count: string }>(
      `select count(*) from ${escapeIdentifier(table)}`,
    );
    return `${table} rows ${count.rows[0]?.count ?? "?"}`;
  });
  return [...rows.map(({ line }) => line), ...(await Promise.all(counts))];
}

type Down = (db: Transaction<unknown>) => Promise<void>;

/** Runs the way down as it is kept: text in one message, or the `down` of a CommonJS module. */
async function runDown(pool: Pool, { name, down }: BundledMigration): Promise<void> {
  if (down === null) throw new Error(`${name} has no way down`);
  if (down.kind === "sql") {
    await pool.query(down.text);
    return;
  }
  const module: { exports: { down?: Down } } = { exports: {} };
  const load = compileFunction(down.text, ["exports", "require", "module"], {
    filename: down.file,
  });
  load.call(undefined, module.exports, createRequire(import.meta.url), module);
  const run = module.exports.down;
  if (run === undefined) throw new Error(`${down.file} exports no function down`);
  await new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) }).transaction().execute(run);
}

/** A database of its own, whose owner has no other right; it goes with the server. */
async function withDatabase(
  server: TestServer,
  use: (connection: ConnectionSettings, pool: Pool) => Promise<void>,
): Promise<void> {
  const name = `battlescope_${randomBytes(4).toString("hex")}`;
  const password = randomBytes(12).toString("hex");
  const admin = new Client({ connectionString: server.url });
  await admin.connect();
  try {
    await admin.query(`create role ${name} login password '${password}'`);
    await admin.query(`create database ${name} owner ${name}`);
    const address = { host: server.host, port: server.port, database: name, user: name, password };
    const pool = new Pool({ ...address, max: 2 });
    try {
      await use({ ...address, tls: { mode: "disable" } }, pool);
    } finally {
      await pool.end();
    }
  } finally {
    await admin.end();
  }
}
