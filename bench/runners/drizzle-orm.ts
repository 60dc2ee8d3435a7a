import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeAll } from "../migrations.ts";
import { lockedPackage } from "../package-size.ts";
import { NODE } from "../paths.ts";
import { type Runner, urlOf } from "../runner.ts";

const SCRIPT = `import { drizzle } from "drizzle-orm/node-postgres";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import pg from "pg";
const client = new pg.Client({ connectionString: process.env.DATABASE_URL });
await client.connect();
await migrate(drizzle(client), { migrationsFolder: "migrations" });
await client.end();
`;

export const drizzleOrm: Runner = {
  name: "drizzle-orm",
  find: () => lockedPackage("drizzle-orm", "pg"),
  write: async (folder, migrations) => {
    const files = join(folder, "migrations");
    await mkdir(join(files, "meta"), { recursive: true });
    await writeFile(join(folder, "migrate.mjs"), SCRIPT);
    const entries = migrations.map(({ number }, idx) => ({
      idx,
      version: "7",
      when: 1_700_000_000_000 + idx,
      tag: `${number}_bench`,
      breakpoints: true,
    }));
    await writeFile(
      join(files, "meta/_journal.json"),
      JSON.stringify({ version: "7", dialect: "postgresql", entries }),
    );
    await writeAll(
      files,
      migrations.map(({ number, up }) => [
        `${number}_bench.sql`,
        up.map((statement) => `${statement};\n`).join("--> statement-breakpoint\n"),
      ]),
    );
  },
  apply: (folder, database) => ({
    program: NODE,
    args: [join(folder, "migrate.mjs")],
    env: { DATABASE_URL: urlOf(database) },
    cwd: folder,
  }),
};
