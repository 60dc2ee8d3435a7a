import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sqlOf } from "../migrations.ts";
import { firstLineOf } from "../run-program.ts";
import { libpqVariables, type Runner } from "../runner.ts";

/** Statement after statement, each in its own transaction, and no history: what nobody can be far below. */
export const psql: Runner = {
  name: "psql",
  floor: true,
  find: async () => {
    const line = await firstLineOf({ program: "psql", args: ["--version"] }).catch(() => {
      throw new Error("psql is not on this machine; install Debian's postgresql-client");
    });
    return { version: line.replace(/^psql \(PostgreSQL\) /, ""), bytes: null };
  },
  write: (folder, migrations) =>
    writeFile(join(folder, "all.sql"), sqlOf(migrations.flatMap(({ up }) => up))),
  apply: (folder, database) => ({
    program: "psql",
    args: ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", join(folder, "all.sql")],
    env: libpqVariables(database),
  }),
};
