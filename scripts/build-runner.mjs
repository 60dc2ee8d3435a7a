import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { writeFiles } from "./build-files.mjs";
import { packChunks } from "./pack-chunks.mjs";

const PROJECT = fileURLToPath(new URL("..", import.meta.url));
const DIST = join(PROJECT, "migrator/dist");

/** Where the image's build context lies, relative to the project. */
export const RUNNER_CONTEXT = "migrator/dist/image";

/** The oldest Node that the runner works on. */
const TARGET = "node20";

/**
 * Builds the runner: `migrator.cjs` with `job.cjs`, `commands.cjs` and `kysely.cjs` for the command,
 * `index.js` and `kysely.js` for programs that import the package, and the image's build context.
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
  for (const name of ["Dockerfile", ".dockerignore", "start/write-code-cache.cjs"]) {
    files.set(basename(name), await readFile(join(PROJECT, "migrator", name)));
  }
  await writeFiles(join(PROJECT, RUNNER_CONTEXT), files, { prune: true });
}

/** What a Job runs: in the file that is read at every start, all other commands in one beside it. */
const JOB_COMMANDS = ["command-up.ts", "command-wait.ts"];

/** The command with all that it needs inside: its start, what a Job needs, the rest, and Kysely. */
async function bundleCommand() {
  const common = { format: "esm", minify: true, external: ["pg-native", "esbuild"] };
  const [command, kysely] = await Promise.all([
    build(options({ migrator: "cli/main.ts" }, ".cjs", { ...common, ...CHUNKS })),
    build(
      options({ kysely: "core/apply/kysely-modules.ts" }, ".cjs", { ...common, format: "cjs" }),
    ),
  ]);
  const packed = await packChunks(textsOf(command), {
    entry: "migrator.cjs",
    first: chunksOf(command.metafile, JOB_COMMANDS),
    rest: "commands.cjs",
    target: TARGET,
  });
  keepKyselyApart(command.metafile);
  const inputs = { ...command.metafile.inputs, ...kysely.metafile.inputs };
  return new Map([
    ["migrator.cjs", await readFile(join(PROJECT, "migrator/start/migrator.cjs"), "utf8")],
    ["job.cjs", packed.entry],
    ["commands.cjs", packed.rest],
    ...textsOf(kysely),
    ["LICENSES.txt", await licences(Object.keys(inputs))],
  ]);
}

const CHUNKS = { splitting: true, chunkNames: "[name]-[hash]" };

/**
 * The entry's chunk, those of the commands, and all that these import.
 *
 * @param {import("esbuild").Metafile} metafile
 * @param {readonly string[]} commands
 * @returns {Set<string>} relative to the output's folder
 */
function chunksOf({ outputs }, commands) {
  const found = new Set();
  const visit = (path) => {
    if (found.has(path)) return;
    found.add(path);
    for (const { path: next, kind, external } of outputs[path]?.imports ?? []) {
      if (kind === "import-statement" && external !== true) visit(next);
    }
  };
  const entries = Object.entries(outputs).filter(
    ([path, { entryPoint = "" }]) =>
      path.endsWith("/migrator.cjs") || commands.some((file) => entryPoint.endsWith(`/${file}`)),
  );
  if (entries.length !== commands.length + 1) {
    throw new Error(`the build has ${entries.length - 1} chunks of ${commands.join(", ")}`);
  }
  for (const [path] of entries) visit(path);
  return new Set([...found].map((path) => relative(DIST, join(PROJECT, path))));
}

/** The package's programming interface; packages stay imports, as its user has them installed. */
async function bundleLibrary() {
  const entries = { index: "index.ts", kysely: "core/apply/kysely-modules.ts" };
  const result = await build(options(entries, ".js", { format: "esm", packages: "external" }));
  keepKyselyApart(result.metafile);
  return textsOf(result);
}

/**
 * @param {Record<string, string>} entries output without extension to its source
 * @param {string} extension
 * @param {import("esbuild").BuildOptions} special
 * @returns {import("esbuild").BuildOptions & { write: false; metafile: true }}
 */
function options(entries, extension, special) {
  return {
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
    plugins: [kyselyApart(`./kysely${extension}`), loadedWhenUsed, oneConnection],
    ...special,
  };
}

/** @param {{ outputFiles: readonly import("esbuild").OutputFile[] }} result */
function textsOf({ outputFiles }) {
  return new Map(outputFiles.map(({ path, text }) => [relative(DIST, path), text]));
}

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

/** @type {import("esbuild").Plugin} */
const loadedWhenUsed = {
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

/**
 * Of pg, what one connection needs. Its index makes a pool and asks the environment for the native client,
 * neither of which the runner has: 20 KB that every start would read.
 *
 * @type {import("esbuild").Plugin}
 */
const oneConnection = {
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
 * @param {readonly string[]} inputs files
 */
async function licences(inputs) {
  const roots = new Set(
    inputs.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []),
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
