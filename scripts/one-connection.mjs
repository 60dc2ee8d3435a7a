import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PROJECT = fileURLToPath(new URL("..", import.meta.url));

/**
 * Of pg, what one connection needs. Its index makes a pool and asks the environment for the native client,
 * neither of which the runner has: 20 KB that every start would read.
 *
 * @type {import("esbuild").Plugin}
 */
export const oneConnection = {
  name: "one-connection",
  setup(builder) {
    // A program that imports the package brings its own pg.
    if (builder.initialOptions.packages === "external") return;
    builder.onResolve({ filter: /^pg$/ }, ({ importer }) =>
      importer.includes("/migrator/src/") ? { path: "pg", namespace: "one-connection" } : undefined,
    );
    builder.onLoad({ filter: /.*/, namespace: "one-connection" }, () => ({
      contents: `exports.Client = require("pg/lib/client");
exports.Query = require("pg/lib/query");
const { escapeIdentifier, escapeLiteral } = require("pg/lib/utils");
exports.escapeIdentifier = escapeIdentifier;
exports.escapeLiteral = escapeLiteral;`,
      resolveDir: join(PROJECT, "migrator"),
      loader: "js",
    }));
  },
};
