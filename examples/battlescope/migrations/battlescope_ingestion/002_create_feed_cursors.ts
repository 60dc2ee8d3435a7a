import { sql, type Kysely } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("feed_cursors")
    .addColumn("feed", "text", (column) => column.primaryKey())
    .addColumn("position", "text", (column) => column.notNull())
    .addColumn("advanced_at", "timestamptz", (column) => column.notNull().defaultTo(sql`now()`))
    .addColumn("failures", "integer", (column) => column.notNull().defaultTo(0))
    .addColumn("last_failure", "text")
    .addCheckConstraint("feed_cursors_failures_not_negative", sql`failures >= 0`)
    .execute();
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropTable("feed_cursors").execute();
}
