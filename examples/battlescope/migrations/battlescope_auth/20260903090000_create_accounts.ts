import { sql, type Kysely } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("accounts")
    .addColumn("id", "bigint", (column) => column.primaryKey().generatedAlwaysAsIdentity())
    .addColumn("display_name", "text", (column) => column.notNull())
    .addColumn("email", "text")
    .addColumn("is_blocked", "boolean", (column) => column.notNull().defaultTo(false))
    .addColumn("last_login_at", "timestamptz")
    .addColumn("created_at", "timestamptz", (column) => column.notNull().defaultTo(sql`now()`))
    .addCheckConstraint(
      "accounts_display_name_length",
      sql`char_length(display_name) between 1 and 64`,
    )
    .execute();

  // One account per address, however it is typed; accounts without an address don't collide.
  await sql`create unique index accounts_email_key on accounts (lower(email))`.execute(db);

  await db.schema
    .createTable("characters")
    // The game's own number: a character exists once, whoever imports it.
    .addColumn("id", "bigint", (column) => column.primaryKey())
    .addColumn("account_id", "bigint", (column) =>
      column.notNull().references("accounts.id").onDelete("cascade"),
    )
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("corporation_id", "bigint", (column) => column.notNull())
    .addColumn("alliance_id", "bigint")
    .addColumn("is_main", "boolean", (column) => column.notNull().defaultTo(false))
    .addColumn("scopes", sql`text[]`, (column) => column.notNull().defaultTo(sql`'{}'`))
    .addColumn("refresh_token_sealed", "bytea")
    .addColumn("token_expires_at", "timestamptz")
    .addColumn("created_at", "timestamptz", (column) => column.notNull().defaultTo(sql`now()`))
    .addCheckConstraint("characters_id_positive", sql`id > 0`)
    .execute();

  await db.schema
    .createIndex("characters_account_id_idx")
    .on("characters")
    .column("account_id")
    .execute();
  await sql`create unique index characters_one_main_per_account
    on characters (account_id) where is_main`.execute(db);
  await sql`create index characters_alliance_id_idx
    on characters (alliance_id) where alliance_id is not null`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropTable("characters").execute();
  await db.schema.dropTable("accounts").execute();
}
