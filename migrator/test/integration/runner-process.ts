import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";
import { afterAll } from "vitest";

/**
 * The command, bundled once for the test file: to compile it anew for every process would take most of
 * the tests' time. It lies in the package, so that it finds the compiler of TypeScript migrations.
 */
export const MAIN = await bundleCommand();

async function bundleCommand(): Promise<string> {
  const dist = fileURLToPath(new URL("../../dist/", import.meta.url));
  await mkdir(dist, { recursive: true });
  const folder = await mkdtemp(join(dist, "test-"));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const outfile = join(folder, "migrator.cjs");
  await build({
    entryPoints: [fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url))],
    outfile,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    external: ["pg-native", "esbuild"],
    logLevel: "error",
  });
  return outfile;
}

/** What is left of a process that ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

/** The command as a process of its own. */
export interface RunnerProcess {
  readonly kill: (signal: NodeJS.Signals) => void;
  readonly ended: Promise<Ended>;
}

/**
 * Starts the command from its source, with the given environment and nothing of the test's own.
 *
 * @param onText gets what it prints, as it comes.
 */
export function startRunner(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  onText: (text: string) => void = () => undefined,
): RunnerProcess {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env["PATH"] ?? "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    onText(text);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  return {
    kill: (signal) => child.kill(signal),
    ended: new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, signal) => resolve({ code, signal, out, err }));
    }),
  };
}

/** Runs the command to its end. */
export function runRunner(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Ended> {
  return startRunner(args, env).ended;
}

/** The records of output in JSON lines; fails where a line is none. */
export function recordsOf(text: string): readonly Readonly<Record<string, unknown>>[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

/** A folder for one test, with files in it. */
export interface TestFolder {
  readonly path: string;
  /** The path of a file beside the folder, for what is no migration. */
  readonly beside: (name: string) => string;
  readonly file: (name: string) => string;
  readonly write: (name: string, text: string) => Promise<void>;
  readonly read: (name: string) => Promise<string>;
}

/** Makes a folder, hands it out and removes it. */
export async function withFolder<T>(
  files: Readonly<Record<string, string>>,
  use: (folder: TestFolder) => Promise<T>,
): Promise<T> {
  const root = await mkdtemp(join(tmpdir(), "tidegate-test-"));
  const path = join(root, "files");
  await mkdir(path);
  const folder: TestFolder = {
    path,
    beside: (name) => join(root, name),
    file: (name) => join(path, name),
    write: (name, text) => writeFile(join(path, name), text),
    read: (name) => readFile(join(path, name), "utf8"),
  };
  try {
    for (const [name, text] of Object.entries(files)) await folder.write(name, text);
    return await use(folder);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
