import { escapeIdentifier } from "pg";
import { hasColumns, type HistoryReader, isoOf } from "./foreign-history.ts";

/** Kysely's Migrator: `name` is the file's without its suffix, `timestamp` a text of ISO 8601. */
export const KYSELY: HistoryReader = {
  tool: "kysely",
  table: "kysely_migration",
  detect: (table) => hasColumns(table, "name", "timestamp"),
  read: async (client, table) => {
    const { rows } = await client.query<{ name: string; timestamp: string }>(
      `select name, timestamp from ${table} order by timestamp, name`,
    );
    return {
      problems: [],
      entries: rows.map(({ name, timestamp }) => ({
        label: name,
        identity: { by: "name", name },
        appliedAt: isoOf(timestamp),
        batch: null,
      })),
    };
  },
};

/** Knex: `name` is the file's with its suffix; a second table holds its lock. */
export const KNEX: HistoryReader = {
  tool: "knex",
  table: "knex_migrations",
  detect: (table) => hasColumns(table, "id", "name", "batch", "migration_time"),
  read: async (client, table, { schema, table: name }) => {
    const lock = `${escapeIdentifier(schema)}.${escapeIdentifier(`${name}_lock`)}`;
    const { rows: present } = await client.query<{ there: boolean }>(
      "select pg_catalog.to_regclass($1) is not null as there",
      [lock],
    );
    const { rows: locks } =
      present[0]?.there === true
        ? await client.query(`select 1 from ${lock} where is_locked = 1 limit 1`)
        : { rows: [] };
    const { rows } = await client.query<{ name: string; batch: number; migration_time: Date }>(
      `select name, batch, migration_time from ${table} order by id`,
    );
    return {
      problems:
        locks.length === 0
          ? []
          : [
              `${lock} is locked: a run of Knex is under way, or one died and left it so. Let it finish, or run knex migrate:unlock`,
            ],
      entries: rows.map((row) => ({
        label: row.name,
        identity: { by: "name", name: row.name },
        appliedAt: isoOf(row.migration_time),
        batch: row.batch,
      })),
    };
  },
};

/** drizzle-orm's migrator: the file's hash, and `when` of its journal. */
export const DRIZZLE: HistoryReader = {
  tool: "drizzle",
  table: "__drizzle_migrations",
  detect: (table) => hasColumns(table, "id", "hash", "created_at"),
  read: async (client, table) => {
    const { rows } = await client.query<{ id: number; hash: string; created_at: string | null }>(
      `select id, hash, created_at::text from ${table} order by created_at, id`,
    );
    return {
      problems: [],
      entries: rows.map(({ id, hash, created_at: when }) => ({
        label: `id ${id} (created_at ${when ?? "null"}, hash ${hash.slice(0, 12)}…)`,
        identity: { by: "journal", when: Number(when), hash },
        // `when` is the time when the file was generated; the history holds no other.
        appliedAt: null,
        batch: null,
      })),
    };
  },
};

/** Alembic: the revisions that nothing newer is applied on, mostly one. */
export const ALEMBIC: HistoryReader = {
  tool: "alembic",
  table: "alembic_version",
  detect: (table) => hasColumns(table, "version_num"),
  read: async (client, table) => {
    const { rows } = await client.query<{ revision: string }>(
      `select version_num as revision from ${table} order by 1`,
    );
    return {
      problems:
        rows.length > 1
          ? [
              `${table} has ${rows.length} heads (${rows.map(({ revision }) => revision).join(", ")}). Merge them with alembic merge and alembic upgrade head`,
            ]
          : [],
      entries: rows.map(({ revision }) => ({
        label: revision,
        identity: { by: "revision", revision },
        appliedAt: null,
        batch: null,
      })),
    };
  },
};
