import { execFile } from "node:child_process";
import { cp, mkdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { bundleFolder, toDeliveredFiles } from "../../migrator/src/bundle/index.ts";
import { RUNNER_VERSION } from "../../migrator/src/core/version.ts";
import { sqlOf, writeAll } from "../migrations.ts";
import { CACHE, NODE, PROJECT } from "../paths.ts";
import { libpqVariables, type Migration, type Runner } from "../runner.ts";

const CONTEXT = join(PROJECT, "migrator/dist/image");

/** The image's folder. */
const IMAGE = join(CACHE, "image");

/**
 * What a Job loads: the parser and the compiler beside it are for `check` and for folders as written, and
 * V8's code cache is no program.
 */
const JOB_FILES = ["migrator.cjs", "job.cjs", "kysely.cjs"] as const;

/** The files of the runner's image, and migrations as a Job gets them: with their manifest. */
export const tidegate: Runner = {
  name: "Tidegate",
  find: async () => {
    // As the image's Dockerfile does, with the Node that is measured.
    await rm(IMAGE, { recursive: true, force: true });
    await cp(CONTEXT, IMAGE, { recursive: true });
    await promisify(execFile)(NODE, [join(IMAGE, "write-code-cache.cjs")]);
    flags = await flagsOfNode();
    const sizes = await Promise.all(
      JOB_FILES.map(async (name) => (await stat(join(IMAGE, name))).size),
    );
    return { version: RUNNER_VERSION, bytes: sizes.reduce((sum, size) => sum + size, 0) };
  },
  write: async (folder, migrations) => {
    const written = join(folder, "written");
    const delivered = join(folder, "delivered");
    await mkdir(written);
    await mkdir(delivered);
    await writeAsPeopleDo(written, migrations);
    await writeAll(delivered, Object.entries(toDeliveredFiles(await bundleFolder(written))));
  },
  apply: (folder, database) => ({
    program: NODE,
    args: [...flags, join(IMAGE, "migrator.cjs"), "up", "--migrations", join(folder, "delivered")],
    env: { NODE_ENV: "production", ...libpqVariables(database) },
  }),
};

/** What the image's entry point gives to Node. */
let flags: readonly string[] = [];

async function flagsOfNode(): Promise<readonly string[]> {
  const text = await readFile(join(CONTEXT, "Dockerfile"), "utf8");
  const found = /^ENTRYPOINT \["node",(.*) "\/app\/migrator\.cjs"\]$/m.exec(text)?.[1];
  if (found === undefined) throw new Error(`${CONTEXT}/Dockerfile: its ENTRYPOINT is not Node's`);
  return [...found.matchAll(/"(--[^"]+)"/g)].map(([, flag = ""]) => flag);
}

/** Plain SQL with ways down in files of their own. */
export function writeAsPeopleDo(folder: string, migrations: readonly Migration[]): Promise<void> {
  return writeAll(
    folder,
    migrations.flatMap(({ number, up, down }) => [
      [`${number}_bench.sql`, sqlOf(up)] as const,
      [`${number}_bench.down.sql`, sqlOf([down])] as const,
    ]),
  );
}
