import { stat } from "node:fs/promises";
import { join } from "node:path";
import { mkdir } from "node:fs/promises";
import { bundleFolder, toDeliveredFiles } from "../../migrator/src/bundle/index.ts";
import { RUNNER_VERSION } from "../../migrator/src/core/version.ts";
import { sqlOf, writeAll } from "../migrations.ts";
import { NODE, PROJECT } from "../paths.ts";
import { libpqVariables, type Migration, type Runner } from "../runner.ts";

const IMAGE = join(PROJECT, "migrator/dist/image");

/** What a Job loads: the parser and the compiler beside it are for `check` and for folders as written. */
const JOB_FILES = ["migrator.cjs", "kysely.cjs"] as const;

/** The files of the runner's image, and migrations as a Job gets them: with their manifest. */
export const tidegate: Runner = {
  name: "Tidegate",
  find: async () => {
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
    args: [join(IMAGE, "migrator.cjs"), "up", "--migrations", join(folder, "delivered")],
    env: { NODE_ENV: "production", ...libpqVariables(database) },
  }),
};

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
