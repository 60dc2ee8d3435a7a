import { readFile } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { writeFiles } from "./build-files.mjs";
import { compiler, parser } from "./image-packages.mjs";
import { keepKyselyApart, kyselyApart } from "./kysely-apart.mjs";
import { licences } from "./licences.mjs";
import { loadedWhenUsed } from "./loaded-when-used.mjs";
import { oneConnection } from "./one-connection.mjs";
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
