import { drizzle } from "drizzle-orm/node-postgres";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import { Client } from "pg";

const client = new Client({ connectionString: process.env.DATABASE_URL });
try {
  await client.connect();
  await migrate(drizzle(client), { migrationsFolder: "migrations" });
  process.stdout.write("the schema is at the newest migration\n");
} catch (error) {
  // The last lines of the log are what `pulumi up` prints: the reason, without a stack.
  process.stderr.write(`${error.message}\n`);
  if (error.cause !== undefined)
    process.stderr.write(`${error.cause.code}: ${error.cause.message}\n`);
  process.exitCode = 1;
} finally {
  await client.end();
}
