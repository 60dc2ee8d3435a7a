/** Makes the runner load Kysely from a file of its own, when a TypeScript migration is pending. */
export function kyselyApart(path) {
  return {
    name: "kysely-apart",
    /** @param {import("esbuild").PluginBuild} builder */
    setup(builder) {
      builder.onResolve({ filter: /\/kysely-modules\.ts$/ }, ({ kind }) =>
        kind === "dynamic-import" ? { path, external: true } : undefined,
      );
    },
  };
}

/**
 * A static import of Kysely somewhere in the runner would load it in every run, and be noticed by
 * nobody: all tests would pass.
 *
 * @param {import("esbuild").Metafile} metafile
 */
export function keepKyselyApart(metafile) {
  for (const [output, { inputs, imports }] of Object.entries(metafile.outputs)) {
    if (/\/kysely\.c?js$/.test(output)) continue;
    const inside = Object.keys(inputs).find((path) => path.includes("node_modules/kysely/"));
    const outside = imports.find(({ path }) => path === "kysely" || path.startsWith("kysely/"));
    const found = inside ?? outside?.path;
    if (found === undefined) continue;
    throw new Error(
      `${output} holds ${found}: Kysely would be loaded in every run. Import values of it in migrator/src/core/apply/kysely-modules.ts only, and that file only by import()`,
    );
  }
}
