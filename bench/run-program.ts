import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import type { Command } from "./runner.ts";

/** How a program ended. */
export interface Ended {
  readonly code: number | null;
  /** What it wrote on both streams. */
  readonly output: string;
}

/** Runs a program to its end, with nothing of this process's environment but `PATH` and `HOME`. */
export async function runProgram({ program, args, env = {}, cwd }: Command): Promise<Ended> {
  const { PATH, HOME } = process.env;
  const child = spawn(program, [...args], {
    env: { PATH, HOME, ...env },
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, output: out + err };
}

/** The first line that a program prints, as its version. */
export async function firstLineOf(command: Command): Promise<string> {
  const { code, output } = await runProgram(command);
  const [line = ""] = output.trim().split("\n");
  if (code === 0) return line;
  throw new Error(`${command.program} ended with ${code}: ${line}`);
}
