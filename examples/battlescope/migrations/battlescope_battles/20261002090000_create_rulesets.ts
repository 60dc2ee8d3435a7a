import { sql, type Kysely } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("rulesets")
    .addColumn("id", "integer", (column) => column.primaryKey().generatedAlwaysAsIdentity())
    .addColumn("name", "text", (column) => column.notNull().unique())
    .addColumn("min_pilots", "smallint", (column) => column.notNull())
    .addColumn("min_killmails", "smallint", (column) => column.notNull())
    // A battle ends when nothing was lost for so long.
    .addColumn("quiet_period", sql`interval`, (column) => column.notNull())
    .addColumn("tracked_alliance_ids", sql`bigint[]`, (column) =>
      column.notNull().defaultTo(sql`'{}'`),
    )
    .addColumn("is_default", "boolean", (column) => column.notNull().defaultTo(false))
    .addColumn("updated_at", "timestamptz", (column) => column.notNull().defaultTo(sql`now()`))
    .addCheckConstraint("rulesets_min_pilots_range", sql`min_pilots >= 2`)
    .addCheckConstraint("rulesets_min_killmails_range", sql`min_killmails >= 1`)
    .addCheckConstraint(
      "rulesets_quiet_period_range",
      sql`quiet_period between interval '1 minute' and interval '6 hours'`,
    )
    .execute();
  await sql`create unique index rulesets_one_default on rulesets (is_default)
    where is_default`.execute(db);
  await sql`insert into rulesets (name, min_pilots, min_killmails, quiet_period, is_default)
    values ('standard', 10, 5, interval '20 minutes', true)`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropTable("rulesets").execute();
}
