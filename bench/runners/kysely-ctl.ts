import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeAll } from "../migrations.ts";
import { lockedPackage } from "../package-size.ts";
import { NODE, packageFolder } from "../paths.ts";
import { type Runner, urlOf } from "../runner.ts";

const CONFIG = `import pg from "pg";
export default {
  dialect: "pg",
  dialectConfig: { pool: new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 1 }) },
  migrations: { migrationFolder: "migrations", allowJS: true },
};
`;

export const kyselyCtl: Runner = {
  name: "kysely-ctl",
  find: () => lockedPackage("kysely-ctl", "kysely", "pg"),
  write: async (folder, migrations) => {
    await mkdir(join(folder, "migrations"));
    await writeFile(join(folder, "package.json"), `{"type":"module"}\n`);
    await writeFile(join(folder, "kysely.config.js"), CONFIG);
    await writeAll(
      join(folder, "migrations"),
      migrations.map(({ number, up, down }) => [
        `${number}_bench.js`,
        `import { sql } from "kysely";\nexport const up = async (db) => {\n${up.map((statement) => `  await sql\`${statement}\`.execute(db);\n`).join("")}};\nexport const down = (db) => sql\`${down}\`.execute(db);\n`,
      ]),
    );
  },
  apply: (folder, database) => ({
    program: NODE,
    // Its question for a newer version goes to the registry at each start.
    args: [
      join(packageFolder("kysely-ctl"), "dist/bin.mjs"),
      "migrate:latest",
      "--no-outdated-check",
    ],
    env: { DATABASE_URL: urlOf(database) },
    cwd: folder,
  }),
};
