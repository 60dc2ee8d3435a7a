import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { writeFiles } from "./build-files.mjs";

const PROJECT = fileURLToPath(new URL("..", import.meta.url));
const DIST = join(PROJECT, "migrator/dist");

/** Where the image's build context lies, relative to the project. */
export const RUNNER_CONTEXT = "migrator/dist/image";

/** The oldest Node that the runner works on. */
const TARGET = "node20";

/**
 * Builds the runner: `migrator.cjs` and `kysely.cjs` for the command, `index.js` and `kysely.js` for
 * programs that import the package, and the image's build context.
 *
 * @returns {Promise<string[]>} what was written, relative to the project
 */
export async function buildRunner() {
  const [command, library] = await Promise.all([bundleCommand(), bundleLibrary()]);
  const files = new Map([...command, ...library]);
  await Promise.all([writeFiles(DIST, files, { prune: false }), writeContext(command)]);
  return [...[...files.keys()].map((file) => `migrator/dist/${file}`), `${RUNNER_CONTEXT}/`];
}

/**
 * Builds what the runner's image is made of: a folder that is the whole build context. Equal sources
 * give equal files, as a digest over them becomes the image's tag.
 *
 * @returns {Promise<{ context: string; dockerfile: string }>} relative to the project
 */
export async function buildRunnerContext() {
  await writeContext(await bundleCommand());
  return { context: RUNNER_CONTEXT, dockerfile: `${RUNNER_CONTEXT}/Dockerfile` };
}

/** @param {ReadonlyMap<string, string>} command */
async function writeContext(command) {
  const files = new Map([...command, ...(await compiler()), ...(await parser())]);
  for (const name of ["Dockerfile", ".dockerignore"]) {
    files.set(name, await readFile(join(PROJECT, "migrator", name)));
  }
  await writeFiles(join(PROJECT, RUNNER_CONTEXT), files, { prune: true });
}

/** The command with all that it needs inside. */
function bundleCommand() {
  return bundle({
    entries: { migrator: "cli/main.ts", kysely: "core/apply/kysely-modules.ts" },
    extension: ".cjs",
    options: {
      format: "cjs",
      minifySyntax: true,
      minifyWhitespace: true,
      supported: { "dynamic-import": false },
      external: ["pg-native", "esbuild"],
      // Read where the command runs from its sources only; the bundle has __filename.
      logOverride: { "empty-import-meta": "silent" },
    },
  });
}

/** The package's programming interface; packages stay imports, as its user has them installed. */
function bundleLibrary() {
  return bundle({
    entries: { index: "index.ts", kysely: "core/apply/kysely-modules.ts" },
    extension: ".js",
    options: { format: "esm", packages: "external" },
  });
}

/**
 * @param {{ entries: Record<string, string>; extension: string; options: import("esbuild").BuildOptions }} what
 * @returns {Promise<Map<string, string>>} file to text
 */
async function bundle({ entries, extension, options }) {
  const result = await build({
    entryPoints: Object.entries(entries).map(([out, file]) => ({
      in: join(PROJECT, "migrator/src", file),
      out,
    })),
    absWorkingDir: PROJECT,
    outdir: DIST,
    outExtension: { ".js": extension },
    bundle: true,
    write: false,
    metafile: true,
    platform: "node",
    target: TARGET,
    charset: "utf8",
    legalComments: "none",
    logLevel: "warning",
    plugins: [kyselyApart(`./kysely${extension}`)],
    ...options,
  });
  keepKyselyApart(result.metafile);
  const files = new Map(result.outputFiles.map(({ path, text }) => [relative(DIST, path), text]));
  if (options.packages !== "external") files.set("LICENSES.txt", await licences(result.metafile));
  return files;
}

/** Makes the runner load Kysely from a file of its own, when a TypeScript migration is pending. */
function kyselyApart(path) {
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
function keepKyselyApart(metafile) {
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

/** esbuild in WebAssembly, which works on every platform of the image: for raw TypeScript migrations. */
function compiler() {
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
async function parser() {
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

/**
 * The licences of all packages inside, as theirs demand.
 *
 * @param {import("esbuild").Metafile} metafile
 */
async function licences(metafile) {
  const roots = new Set(
    Object.keys(metafile.inputs).flatMap(
      (path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? [],
    ),
  );
  const texts = await Promise.all(
    [...roots].toSorted().map(async (root) => {
      const { name, version, license } = JSON.parse(
        await readFile(join(PROJECT, root, "package.json"), "utf8"),
      );
      const file = (await readdir(join(PROJECT, root))).find((each) => /^licen[cs]e/i.test(each));
      const text =
        file === undefined
          ? "This package comes without a file of its licence."
          : await readFile(join(PROJECT, root, file), "utf8");
      return `${name} ${version} (${license})\n\n${text.trim()}\n`;
    }),
  );
  return texts.join(`\n${"-".repeat(80)}\n\n`);
}
