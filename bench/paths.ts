import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository. */
export const PROJECT = fileURLToPath(new URL("..", import.meta.url));

/** What the bench makes; not in git. Inside of `bench/`, so that files in it find the peers' packages. */
export const CACHE = join(PROJECT, "bench/.cache");

/** The Node that every program in JavaScript runs on: `BENCH_NODE`, or the one that runs the bench. */
export const NODE = process.env["BENCH_NODE"] ?? process.execPath;

const peers = createRequire(join(PROJECT, "bench/package.json"));

/** The folder of a peer's package. */
export function packageFolder(name: string): string {
  // Not by its name alone: many packages do not export their package.json.
  const paths = peers.resolve.paths(name) ?? [];
  const [root] = paths;
  if (root === undefined) throw new Error(`${name} cannot be looked up`);
  return join(dirname(root), "node_modules", name);
}
