import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { writeFiles } from "./build-files.mjs";

const PROJECT = fileURLToPath(new URL("..", import.meta.url));
const SERVICE = "examples/battlescope/service";

/**
 * Builds the sample service into one file, so that its image has nothing to install.
 *
 * @returns {Promise<string[]>} what was written, relative to the project; nothing where a checkout has
 *   no sample
 */
export async function buildSampleService() {
  const entry = join(PROJECT, SERVICE, "server.ts");
  if (!existsSync(entry)) return [];
  const result = await build({
    entryPoints: [entry],
    absWorkingDir: PROJECT,
    bundle: true,
    write: false,
    platform: "node",
    target: "node20",
    format: "cjs",
    charset: "utf8",
    legalComments: "none",
    logLevel: "warning",
    external: ["pg-native"],
  });
  const files = new Map([["server.cjs", result.outputFiles[0].contents]]);
  await writeFiles(join(PROJECT, SERVICE, "dist"), files, { prune: false });
  return [`${SERVICE}/dist/server.cjs`];
}
