import { createRequire } from "node:module";
import { join } from "node:path";
import { sqlOf, writeAll } from "../migrations.ts";
import { lockedPackage } from "../package-size.ts";
import { packageFolder } from "../paths.ts";
import { type Runner, urlOf } from "../runner.ts";

/** The binary itself: the package's script around it only adds a start of Node. */
function binary(): string {
  const platform = `@dbmate/${process.platform}-${process.arch}/package.json`;
  const require = createRequire(join(packageFolder("dbmate"), "package.json"));
  return join(require.resolve(platform), "../bin/dbmate");
}

export const dbmate: Runner = {
  name: "dbmate",
  find: async () => {
    binary();
    const { version } = await lockedPackage("dbmate");
    const { bytes } = await lockedPackage(`@dbmate/${process.platform}-${process.arch}`);
    return { version, bytes };
  },
  write: (folder, migrations) =>
    writeAll(
      folder,
      migrations.map(({ number, up, down }) => [
        `${number}_bench.sql`,
        `-- migrate:up\n${sqlOf(up)}\n-- migrate:down\n${sqlOf([down])}`,
      ]),
    ),
  apply: (folder, database) => ({
    program: binary(),
    args: ["--no-dump-schema", "--migrations-dir", folder, "--url", urlOf(database), "migrate"],
  }),
};
