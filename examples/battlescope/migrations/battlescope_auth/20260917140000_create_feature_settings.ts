import { sql, type Kysely } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("feature_settings")
    .addColumn("id", "bigint", (column) => column.primaryKey().generatedAlwaysAsIdentity())
    .addColumn("feature_id", "integer", (column) =>
      column.notNull().references("features.id").onDelete("cascade"),
    )
    .addColumn("key", "text", (column) => column.notNull())
    .addColumn("value", "jsonb", (column) => column.notNull())
    .addColumn("updated_by", "bigint", (column) =>
      column.references("accounts.id").onDelete("set null"),
    )
    .addColumn("updated_at", "timestamptz", (column) => column.notNull().defaultTo(sql`now()`))
    .addUniqueConstraint("feature_settings_feature_id_key_key", ["feature_id", "key"])
    .execute();
  await sql`create index feature_settings_updated_by_idx
    on feature_settings (updated_by) where updated_by is not null`.execute(db);

  await db.schema
    .createTable("auth_config")
    // A key that can only be true: the table holds one row or none.
    .addColumn("only_row", "boolean", (column) => column.primaryKey().defaultTo(true))
    .addColumn("registration_open", "boolean", (column) => column.notNull().defaultTo(false))
    .addColumn("allowed_alliance_ids", sql`bigint[]`, (column) =>
      column.notNull().defaultTo(sql`'{}'`),
    )
    .addColumn("session_lifetime", sql`interval`, (column) =>
      column.notNull().defaultTo(sql`interval '8 hours'`),
    )
    .addColumn("updated_at", "timestamptz", (column) => column.notNull().defaultTo(sql`now()`))
    .addCheckConstraint("auth_config_one_row", sql`only_row`)
    .addCheckConstraint(
      "auth_config_session_lifetime_range",
      sql`session_lifetime between interval '5 minutes' and interval '30 days'`,
    )
    .execute();
  await sql`insert into auth_config default values`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropTable("auth_config").execute();
  await db.schema.dropTable("feature_settings").execute();
}
