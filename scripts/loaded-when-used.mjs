/**
 * Modules of Node that packages load at once and use in a case that the runner has not or rarely: each
 * costs every start some milliseconds.
 */
const LOADED_WHEN_USED = new Map([
  // Commander starts programs for commands that are files of their own.
  ["node:child_process", { by: "commander", functions: ["spawn"] }],
  // pg looks up a host for libpq's connection strings, in its native client only.
  ["dns", { by: "pg", functions: ["lookup"] }],
]);

/**
 * Loads them when their function is called.
 *
 * @type {import("esbuild").Plugin}
 */
export const loadedWhenUsed = {
  name: "loaded-when-used",
  setup(builder) {
    builder.onResolve({ filter: /^(?:node:child_process|dns)$/ }, ({ path, importer }) =>
      importer.includes(`/node_modules/${LOADED_WHEN_USED.get(path)?.by}/`)
        ? { path, namespace: "loaded-when-used" }
        : undefined,
    );
    builder.onLoad({ filter: /.*/, namespace: "loaded-when-used" }, ({ path }) => ({
      contents: (LOADED_WHEN_USED.get(path)?.functions ?? [])
        .map((name) => `exports.${name} = (...all) => require("${path}").${name}(...all);`)
        .join("\n"),
      loader: "js",
    }));
  },
};
