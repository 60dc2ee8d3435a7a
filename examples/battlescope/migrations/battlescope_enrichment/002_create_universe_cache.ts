import { sql, type Kysely } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("solar_system_cache")
    .addColumn("id", "integer", (column) => column.primaryKey())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("constellation_id", "integer", (column) => column.notNull())
    .addColumn("region_id", "integer", (column) => column.notNull())
    .addColumn("security_status", sql`numeric(3, 2)`, (column) => column.notNull())
    .addColumn("fetched_at", "timestamptz", (column) => column.notNull().defaultTo(sql`now()`))
    .addCheckConstraint(
      "solar_system_cache_security_range",
      sql`security_status between -1.00 and 1.00`,
    )
    .execute();
  await db.schema
    .createIndex("solar_system_cache_region_id_idx")
    .on("solar_system_cache")
    .column("region_id")
    .execute();

  await db.schema
    .createTable("ship_type_cache")
    .addColumn("id", "integer", (column) => column.primaryKey())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("group_id", "integer", (column) => column.notNull())
    .addColumn("is_capital", "boolean", (column) => column.notNull().defaultTo(false))
    .addColumn("fetched_at", "timestamptz", (column) => column.notNull().defaultTo(sql`now()`))
    .execute();
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropTable("ship_type_cache").execute();
  await db.schema.dropTable("solar_system_cache").execute();
}
