import { sqlOf, writeAll } from "../migrations.ts";
import { libpqVariables, type Runner } from "../runner.ts";
import { buildGo, goFile, type GoProgram } from "./go-program.ts";

const PROGRAM: GoProgram = {
  path: "github.com/jackc/tern/v2",
  version: "v2.3.4",
  name: "tern",
  tags: [],
};

export const tern: Runner = {
  name: "tern",
  find: () => buildGo(PROGRAM),
  write: (folder, migrations) =>
    writeAll(
      folder,
      migrations.map(({ number, up, down }) => [
        `${number}_bench.sql`,
        `${sqlOf(up)}\n---- create above / drop below ----\n\n${sqlOf([down])}`,
      ]),
    ),
  apply: (folder, database) => ({
    program: goFile(PROGRAM),
    args: ["migrate", "--migrations", folder],
    env: libpqVariables(database),
  }),
};
