import { spawnSync } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "vitest";
import { buildRunnerContext, RUNNER_CONTEXT } from "../../../../scripts/build-runner.mjs";

const PROJECT = fileURLToPath(new URL("../../../../", import.meta.url));
const CONTEXT = join(PROJECT, RUNNER_CONTEXT);

beforeAll(async () => {
  await buildRunnerContext();
}, 60_000);

async function contents(): Promise<Record<string, string>> {
  const entries = await readdir(CONTEXT, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const texts = files.toSorted().map(async (file): Promise<[string, string]> => {
    return [file.slice(CONTEXT.length + 1), await readFile(file, "latin1")];
  });
  return Object.fromEntries(await Promise.all(texts));
}

test("makes a build context of the runner, Kysely, compiler, parser and Dockerfile, and nothing else", async () => {
  expect(await buildRunnerContext()).toEqual({
    context: "migrator/dist/image",
    dockerfile: "migrator/dist/image/Dockerfile",
  });
  expect(Object.keys(await contents())).toEqual([
    ".dockerignore",
    "Dockerfile",
    "LICENSES.txt",
    "commands.cjs",
    "job.cjs",
    "kysely.cjs",
    "migrator.cjs",
    "node_modules/@pgsql/types/LICENSE",
    "node_modules/@pgsql/types/enums.js",
    "node_modules/@pgsql/types/index.js",
    "node_modules/@pgsql/types/package.json",
    "node_modules/@pgsql/types/types.js",
    "node_modules/esbuild/LICENSE.md",
    "node_modules/esbuild/bin/esbuild",
    "node_modules/esbuild/esbuild.wasm",
    "node_modules/esbuild/lib/main.js",
    "node_modules/esbuild/package.json",
    "node_modules/esbuild/wasm_exec.js",
    "node_modules/esbuild/wasm_exec_node.js",
    "node_modules/libpg-query/LICENSE",
    "node_modules/libpg-query/package.json",
    "node_modules/libpg-query/wasm/index.cjs",
    "node_modules/libpg-query/wasm/libpg-query.js",
    "node_modules/libpg-query/wasm/libpg-query.wasm",
    "write-code-cache.cjs",
  ]);
});

test("makes the same context again, two builds at once, without a trace of this machine", async () => {
  const before = await contents();
  await Promise.all([buildRunnerContext(), buildRunnerContext()]);
  const after = await contents();
  expect(Object.keys(after)).toEqual(Object.keys(before));
  for (const [file, text] of Object.entries(after)) {
    expect(text === before[file], `${file} is as it was`).toBe(true);
    expect(text.includes(PROJECT), `${file} names this machine's folder`).toBe(false);
  }
});

test("keeps Kysely out of the runner, which loads it from a file of its own", async () => {
  const { "job.cjs": runner = "", "kysely.cjs": kysely = "" } = await contents();
  expect(runner).not.toContain("class SelectQueryNode");
  expect(runner).toContain('require("./kysely.cjs")');
  expect(kysely).toContain("KYSELY_MODULES");
  const program = `const { KYSELY_MODULES } = require(process.argv[1]); process.stdout.write(Object.keys(KYSELY_MODULES).join(" "))`;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ["-e", program, join(CONTEXT, "kysely.cjs")],
    { encoding: "utf8" },
  );
  expect({ stdout, stderr }).toEqual({
    stdout: "kysely kysely/helpers/postgres kysely/migration kysely/readonly",
    stderr: "",
  });
});

test("keeps out of the file that every Job reads what other commands need", async () => {
  const { "job.cjs": runner = "", "commands.cjs": others = "" } = await contents();
  for (const command of ["down", "plan", "check", "adopt", "bootstrap", "create"]) {
    expect(others).toContain(`./command-${command}-`);
  }
  for (const command of ["up", "wait"]) {
    expect(runner).toContain(`./command-${command}-`);
    expect(others).not.toContain(`"./command-${command}-`);
  }
  // What a Job loads at most: 0.6 MB is the aim.
  const { "kysely.cjs": kysely = "" } = await contents();
  expect(runner.length + kysely.length).toBeLessThan(600_000);
});

test("every command of the packed runner is there", () => {
  const program = join(CONTEXT, "migrator.cjs");
  const help = spawnSync(process.execPath, [program, "--help"], { encoding: "utf8" });
  const commands = [...help.stdout.matchAll(/^ {2}([a-z]+) \[options\]/gm)].map(([, name]) => name);
  expect(commands).toEqual(
    expect.arrayContaining(["up", "down", "check", "plan", "wait", "adopt"]),
  );
  for (const command of commands) {
    const own = spawnSync(process.execPath, [program, command ?? "", "--help"], {
      encoding: "utf8",
    });
    expect({ status: own.status, stderr: own.stderr }).toEqual({ status: 0, stderr: "" });
    expect(own.stdout).toContain(`Usage: migrator ${command} `);
  }
}, 60_000);

test("names the licence of every package inside", async () => {
  const { "LICENSES.txt": licences = "" } = await contents();
  const sections = licences.split(`\n${"-".repeat(80)}\n\n`);
  const names = sections.map((section) => /^(\S+) \d+\.\d+\.\d+ \(\S+\)\n/.exec(section)?.[1]);
  expect(names).toEqual(expect.arrayContaining(["commander", "kysely", "pg", "pg-protocol"]));
  const without = sections.filter((text) => !/Permission (?:is hereby granted|to use)/.test(text));
  // These two publish none; package.json names MIT.
  expect(without.map((text) => text.split(" ")[0])).toEqual(["pg-types", "pgpass"]);
});
