import { join } from "node:path";
import { sqlOf, writeAll } from "../migrations.ts";
import { lockedPackage } from "../package-size.ts";
import { NODE, packageFolder } from "../paths.ts";
import { type Runner, urlOf } from "../runner.ts";

export const nodePgMigrate: Runner = {
  name: "node-pg-migrate",
  find: () => lockedPackage("node-pg-migrate", "pg"),
  write: (folder, migrations) =>
    writeAll(
      folder,
      migrations.map(({ number, up, down }) => [
        `${number}_bench.sql`,
        `-- Up Migration\n${sqlOf(up)}\n-- Down Migration\n${sqlOf([down])}`,
      ]),
    ),
  apply: (folder, database) => ({
    program: NODE,
    args: [
      join(packageFolder("node-pg-migrate"), "bin/node-pg-migrate.js"),
      "up",
      "--migrations-dir",
      folder,
    ],
    env: { DATABASE_URL: urlOf(database) },
    cwd: folder,
  }),
};
