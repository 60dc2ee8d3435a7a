import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeAll } from "../migrations.ts";
import { lockedPackage } from "../package-size.ts";
import { NODE, packageFolder } from "../paths.ts";
import { type Runner, urlOf } from "../runner.ts";

const CONFIG = `module.exports = { client: "pg", connection: process.env.DATABASE_URL, migrations: { directory: "./migrations" } };\n`;

export const knex: Runner = {
  name: "knex",
  find: () => lockedPackage("knex", "pg"),
  write: async (folder, migrations) => {
    await mkdir(join(folder, "migrations"));
    await writeFile(join(folder, "package.json"), `{"type":"commonjs"}\n`);
    await writeFile(join(folder, "knexfile.js"), CONFIG);
    await writeAll(
      join(folder, "migrations"),
      migrations.map(({ number, up, down }) => [
        `${number}_bench.js`,
        `exports.up = async (knex) => {\n${up.map((statement) => `  await knex.raw(${JSON.stringify(statement)});\n`).join("")}};\nexports.down = (knex) => knex.raw(${JSON.stringify(down)});\n`,
      ]),
    );
  },
  apply: (folder, database) => ({
    program: NODE,
    args: [
      join(packageFolder("knex"), "bin/cli.js"),
      "migrate:latest",
      "--knexfile",
      join(folder, "knexfile.js"),
    ],
    env: { DATABASE_URL: urlOf(database) },
    cwd: folder,
  }),
};
