import { spawnSync } from "node:child_process";
import { cp, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { buildRunnerContext, RUNNER_CONTEXT } from "../../../../scripts/build-runner.mjs";

const PROJECT = fileURLToPath(new URL("../../../../", import.meta.url));

beforeAll(async () => {
  await buildRunnerContext();
}, 60_000);

/** The image's folder, with the code cache as the image's build writes it. */
async function image(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "tidegate-test-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const folder = join(root, "app");
  await cp(join(PROJECT, RUNNER_CONTEXT), folder, { recursive: true });
  const { status, stderr } = node(folder, ["write-code-cache.cjs"], { PGHOST: "elsewhere" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return folder;
}

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function node(folder: string, args: readonly string[], env: Record<string, string> = {}): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...args], {
    cwd: folder,
    env,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

/** Says whether V8 took the cache, without running what it holds. */
const TAKEN = `
const { Script } = require("node:vm");
Script.prototype.runInThisContext = function () {
  process.stdout.write(String(this.cachedDataRejected));
  return () => undefined;
};
require("./migrator.cjs");
`;

test("the command starts from the code cache that the image's build wrote", async () => {
  const folder = await image();
  expect(node(folder, ["-e", TAKEN])).toEqual({ status: 0, stdout: "false", stderr: "" });
  expect((await stat(join(folder, "job.cjs.cache"))).size).toBeGreaterThan(100_000);
});

test("a code cache of another Node is passed by", async () => {
  const folder = await image();
  const file = join(folder, "job.cjs.cache");
  const cache = await readFile(file);
  // The second word is the hash of V8's version.
  cache.writeUInt32LE(cache.readUInt32LE(4) ^ 1, 4);
  await writeFile(file, cache);
  expect(node(folder, ["-e", TAKEN])).toEqual({ status: 0, stdout: "true", stderr: "" });
  const help = node(folder, ["migrator.cjs", "up", "--help"]);
  expect(help).toMatchObject({ status: 0, stderr: "" });
  expect(help.stdout).toContain("Usage: migrator up ");
});

test("an image's build fails where the command does not come as far as a Job", async () => {
  const folder = await image();
  await rm(join(folder, "job.cjs.cache"));
  const job = join(folder, "job.cjs");
  await writeFile(
    job,
    'setImmediate(() => { process.stdout.write("something else"); process.exit(1); });',
  );
  expect(node(folder, ["write-code-cache.cjs"])).toEqual({
    status: 1,
    stdout: "",
    stderr: "no code cache: the command did not come as far as connecting:\nsomething else",
  });
  await expect(stat(join(folder, "job.cjs.cache"))).rejects.toThrow("ENOENT");
});
