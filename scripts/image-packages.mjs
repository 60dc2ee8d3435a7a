import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PROJECT = fileURLToPath(new URL("..", import.meta.url));

/** esbuild in WebAssembly, which works on every platform of the image: for raw TypeScript migrations. */
export function compiler() {
  return packageFiles("esbuild-wasm", "esbuild", [
    "LICENSE.md",
    "bin/esbuild",
    "esbuild.wasm",
    "lib/main.js",
    "package.json",
    "wasm_exec.js",
    "wasm_exec_node.js",
  ]);
}

/** Postgres' own parser in WebAssembly, for `check`; nothing else loads it. */
export async function parser() {
  const [library, types] = await Promise.all([
    packageFiles("libpg-query", "libpg-query", [
      "LICENSE",
      "package.json",
      "wasm/index.cjs",
      "wasm/libpg-query.js",
      "wasm/libpg-query.wasm",
    ]),
    packageFiles("@pgsql/types", "@pgsql/types", [
      "LICENSE",
      "enums.js",
      "index.js",
      "package.json",
      "types.js",
    ]),
  ]);
  return [...library, ...types];
}

/**
 * @param {string} name of the package here
 * @param {string} as its name in the image
 * @param {readonly string[]} paths
 */
async function packageFiles(name, as, paths) {
  const root = join(PROJECT, "node_modules", name);
  if (!existsSync(root)) {
    throw new Error(
      `the package ${name} is missing, which the runner's image needs. Run npm ci, without --omit=dev`,
    );
  }
  const files = new Map();
  for (const path of paths) {
    files.set(`node_modules/${as}/${path}`, await readFile(join(root, path)));
  }
  return files;
}
