import { spawnSync } from "node:child_process";
import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { withFolder } from "./folder.ts";

const LAUNCHER = fileURLToPath(new URL("../../../bin/migrator.cjs", import.meta.url));

async function launch(files: Record<string, string>) {
  return await withFolder(files, async (dir) => {
    await mkdir(join(dir, "bin"));
    await copyFile(LAUNCHER, join(dir, "bin/migrator.cjs"));
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(dir, "bin/migrator.cjs"), "up", "--json"],
      { encoding: "utf8" },
    );
    return { status, stdout, stderr: stderr.replaceAll(dir, "DIR") };
  });
}

test("starts the runner that was built, with its arguments and its exit code", async () => {
  const runner = "process.stdout.write(process.argv.slice(2).join(' ')); process.exitCode = 1;";
  expect(await launch({ "dist/migrator.cjs": runner })).toEqual({
    status: 1,
    stdout: "up --json",
    stderr: "",
  });
});

test("says how the runner is built where it is not, and ends with 2", async () => {
  expect(await launch({})).toEqual({
    status: 2,
    stdout: "",
    stderr:
      "migrator: the runner is not built (DIR/dist/migrator.cjs is missing). Run `npm run build` in the repository's root\n",
  });
});
