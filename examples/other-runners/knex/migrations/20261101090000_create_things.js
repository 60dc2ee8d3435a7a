/** @param {import("knex").Knex} knex */
export async function up(knex) {
  await knex.schema.createTable("things", (table) => {
    table.bigIncrements("id");
    table.text("name").notNullable();
  });
}

/** @param {import("knex").Knex} knex */
export async function down(knex) {
  await knex.schema.dropTable("things");
}
