import { execFile } from "node:child_process";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { push } from "./images.ts";
import { PROJECT } from "./project-copy.ts";
import type { Engine } from "./requirements.ts";

const run = promisify(execFile);

/** Folder of the examples of other tools, relative to the project. */
export const EXAMPLES = "examples/other-runners";

/** What is built instead of a public image where no registry has it: both are Debian's packages. */
const STAND_INS: Readonly<Record<string, string>> = {
  "python:3.13-slim": [
    "FROM debian:trixie-slim",
    "RUN apt-get update && apt-get install -y --no-install-recommends python3 python3-pip",
    // Debian's pip refuses to install beside Debian's own packages; in this image there are none.
    "ENV PIP_BREAK_SYSTEM_PACKAGES=1 PIP_ROOT_USER_ACTION=ignore",
  ].join("\n"),
  "golang:1.26": [
    "FROM debian:trixie-slim",
    "RUN apt-get update && apt-get install -y --no-install-recommends golang-go ca-certificates",
  ].join("\n"),
};

/**
 * Build arguments of an example whose base is `image`: none where Docker has or gets that image, else a
 * stand-in of Debian's packages.
 */
export async function baseArgs(image: string): Promise<Readonly<Record<string, string>>> {
  const there = async (...args: readonly string[]): Promise<boolean> =>
    await run("docker", [...args, image]).then(
      () => true,
      () => false,
    );
  if ((await there("image", "inspect")) || (await there("pull", "--quiet"))) return {};
  const standIn = STAND_INS[image];
  if (standIn === undefined) throw new Error(`there is no image ${image}, and nothing stands in`);
  const tag = `tidegate-e2e-${image}`;
  await withFolder(async (folder) => {
    await writeFile(join(folder, "Dockerfile"), standIn);
    await run("docker", ["build", "--quiet", "--tag", tag, folder], { timeout: 1_200_000 });
  });
  return { BASE: tag };
}

/**
 * Builds one of the examples and gives its reference by digest.
 *
 * @param files of its folder, by path, over those that are there
 */
export async function buildExample(
  engine: Engine,
  tool: string,
  args: Readonly<Record<string, string>> = {},
  files: Readonly<Record<string, string>> = {},
): Promise<string> {
  return await withFolder(async (folder) => {
    await cp(join(PROJECT, EXAMPLES, tool), folder, { recursive: true });
    for (const [path, text] of Object.entries(files)) await writeFile(join(folder, path), text);
    return await push(
      `${engine.registry}/e2e/runner-${tool}:e2e`,
      folder,
      Object.entries(args).flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]),
    );
  });
}

/** The service of these scenarios, on the image of an example, which has the driver. */
export async function buildPlainService(engine: Engine): Promise<string> {
  const base = await buildExample(engine, "knex");
  return await withFolder(async (folder) => {
    await cp(join(PROJECT, "test/e2e/plain-service.mjs"), join(folder, "service.mjs"));
    const lines = [`FROM ${base}`, "COPY service.mjs ./", 'ENTRYPOINT ["node", "service.mjs"]'];
    await writeFile(join(folder, "Dockerfile"), [...lines, "CMD []", ""].join("\n"));
    return await push(`${engine.registry}/e2e/plain-service:e2e`, folder);
  });
}

async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "tidegate-e2e-image-"));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
