import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

/** The folder of the repository. */
export const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

/** How a program ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a program is given. */
export interface RunOptions {
  /** Over the environment of the tests, of which nothing about a cluster or a deploy is passed on. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Options of Node, for a script that imports TypeScript. */
  readonly node?: readonly string[];
}

/** Runs a file of this repository, from its root. */
export async function run(
  file: string,
  args: readonly string[],
  { env = {}, input = "", node = [] }: RunOptions = {},
): Promise<Ended> {
  const command = file.endsWith(".mjs")
    ? [process.execPath, ...node, join(PROJECT, file)]
    : [join(PROJECT, file)];
  const [program = "", ...before] = command;
  const child = spawn(program, [...before, ...args], {
    cwd: PROJECT,
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...env },
  });
  // A program that ends before it has read its input closes the pipe: its exit code tells why.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", resolve);
    }),
  ]);
  return { code, stdout, stderr };
}
