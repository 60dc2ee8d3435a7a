import { sqlOf, writeAll } from "../migrations.ts";
import { type Runner, urlOf } from "../runner.ts";
import { buildGo, goFile, type GoProgram } from "./go-program.ts";

const PROGRAM: GoProgram = {
  path: "github.com/golang-migrate/migrate/v4/cmd/migrate",
  version: "v4.20.1",
  name: "migrate",
  tags: ["pgx5"],
};

export const golangMigrate: Runner = {
  name: "golang-migrate",
  find: () => buildGo(PROGRAM),
  write: (folder, migrations) =>
    writeAll(
      folder,
      migrations.flatMap(({ number, up, down }) => [
        // Several statements of one file are one message, and so one transaction.
        [`${number}_bench.up.sql`, sqlOf(up)] as const,
        [`${number}_bench.down.sql`, sqlOf([down])] as const,
      ]),
    ),
  apply: (folder, database) => ({
    program: goFile(PROGRAM),
    args: ["-path", folder, "-database", urlOf(database, "pgx5"), "up"],
  }),
};
