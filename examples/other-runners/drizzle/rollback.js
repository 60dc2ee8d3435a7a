// Takes back one migration by a script that ROLLBACK_SCRIPT names, such as 0001_rollback.sql: Drizzle
// has no way down of its own. The script and the entry in Drizzle's history go in one transaction.
import { readFile } from "node:fs/promises";
import { Client } from "pg";

const script = process.env.ROLLBACK_SCRIPT ?? "";
const number = /^(\d{4})_rollback\.sql$/.exec(script)?.[1];
const client = new Client({ connectionString: process.env.DATABASE_URL });
try {
  if (number === undefined) {
    throw new Error(
      `ROLLBACK_SCRIPT is "${script}" and must be a file of rollback/, such as 0001_rollback.sql`,
    );
  }
  const journal = JSON.parse(await readFile("migrations/meta/_journal.json", "utf8"));
  const entry = journal.entries.find(({ tag }) => tag.startsWith(`${number}_`));
  if (entry === undefined) throw new Error(`the journal has no migration ${number}`);
  const sql = await readFile(`rollback/${script}`, "utf8");
  await client.connect();
  await client.query("begin");
  const { rows } = await client.query(
    "select created_at::text as newest from drizzle.__drizzle_migrations order by created_at desc limit 1 for update",
  );
  if (rows[0]?.newest !== String(entry.when)) {
    throw new Error(
      `${entry.tag} is not the newest migration of this database; nothing was changed`,
    );
  }
  await client.query(sql);
  await client.query("delete from drizzle.__drizzle_migrations where created_at = $1", [
    entry.when,
  ]);
  await client.query("commit");
  process.stdout.write(`${entry.tag} was taken back by ${script}\n`);
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
} finally {
  await client.end();
}
