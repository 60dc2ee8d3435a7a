import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { CACHE, NODE, PROJECT } from "./paths.ts";
import { type Command, type Database, libpqVariables } from "./runner.ts";

/** What a no-op cannot be below: a start, and a connection with one statement. */
export interface Floor {
  readonly name: string;
  readonly command: (database: Database) => Command;
}

const SELECT = `const { Client } = require("pg");
const client = new Client();
void client.connect().then(() => client.query("select 1")).then(() => client.end());
`;

/** Prepares the floors. */
export async function prepareFloors(): Promise<readonly Floor[]> {
  const bundle = join(CACHE, "select.cjs");
  await mkdir(CACHE, { recursive: true });
  await build({
    stdin: { contents: SELECT, resolveDir: PROJECT, loader: "js" },
    bundle: true,
    minify: true,
    platform: "node",
    format: "cjs",
    external: ["pg-native"],
    outfile: bundle,
    logLevel: "error",
  });
  // A package.json above may say that .js and .cjs are modules of another kind.
  await writeFile(join(CACHE, "package.json"), "{}\n");
  return [
    { name: "`node -e 0`", command: () => ({ program: NODE, args: ["-e", "0"] }) },
    {
      name: "Node with a bundled `pg` and `select 1`",
      command: (database) => ({
        program: NODE,
        args: [bundle],
        env: libpqVariables(database),
      }),
    },
    {
      name: "`psql -c 'select 1'`",
      command: (database) => ({
        program: "psql",
        args: ["-X", "-q", "-c", "select 1"],
        env: libpqVariables(database),
      }),
    },
  ];
}
