import { sqlOf, writeAll } from "../migrations.ts";
import { type Runner, urlOf } from "../runner.ts";
import { buildGo, goFile, type GoProgram } from "./go-program.ts";

const PROGRAM: GoProgram = {
  path: "github.com/pressly/goose/v3/cmd/goose",
  version: "v3.29.0",
  name: "goose",
  tags: [
    "no_clickhouse",
    "no_libsql",
    "no_mssql",
    "no_mysql",
    "no_sqlite3",
    "no_vertica",
    "no_ydb",
    "no_starrocks",
    "no_turso",
    "no_spanner",
  ],
};

export const goose: Runner = {
  name: "goose",
  find: () => buildGo(PROGRAM),
  write: (folder, migrations) =>
    writeAll(
      folder,
      migrations.map(({ number, up, down }) => [
        `${number}_bench.sql`,
        `-- +goose Up\n${sqlOf(up)}\n-- +goose Down\n${sqlOf([down])}`,
      ]),
    ),
  apply: (folder, database) => ({
    program: goFile(PROGRAM),
    args: ["-dir", folder, "postgres", urlOf(database), "up"],
  }),
};
