import { sql, type Kysely } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("battles")
    .addColumn("id", "bigint", (column) => column.primaryKey().generatedAlwaysAsIdentity())
    // The name in links: it tells nobody how many battles there are.
    .addColumn("public_id", "uuid", (column) =>
      column
        .notNull()
        .unique()
        .defaultTo(sql`gen_random_uuid()`),
    )
    .addColumn("solar_system_id", "integer", (column) => column.notNull())
    .addColumn("region_id", "integer", (column) => column.notNull())
    .addColumn("started_at", "timestamptz", (column) => column.notNull())
    // Empty while it goes on.
    .addColumn("ended_at", "timestamptz")
    .addColumn("killmail_count", "integer", (column) => column.notNull().defaultTo(0))
    .addColumn("value_destroyed", sql`numeric(22, 2)`, (column) => column.notNull().defaultTo(0))
    .addColumn("created_at", "timestamptz", (column) => column.notNull().defaultTo(sql`now()`))
    .addColumn("updated_at", "timestamptz", (column) => column.notNull().defaultTo(sql`now()`))
    .addCheckConstraint("battles_end_after_start", sql`ended_at >= started_at`)
    .addCheckConstraint("battles_killmail_count_not_negative", sql`killmail_count >= 0`)
    .addCheckConstraint("battles_value_not_negative", sql`value_destroyed >= 0`)
    .execute();

  // A new killmail looks for the open battle of its system.
  await sql`create index battles_open_by_system_idx
    on battles (solar_system_id, started_at) where ended_at is null`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropTable("battles").execute();
}
