import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CACHE } from "./paths.ts";
import { firstLineOf, runProgram } from "./run-program.ts";
import type { Command } from "./runner.ts";

/** What one run of a program cost. */
export interface Sample {
  /** From its start to its end, in milliseconds. */
  readonly wall: number;
  /** User and system time of it and all its children, in milliseconds. */
  readonly cpu: number;
  /** The most resident memory that it, or one of its children, had, in MB (10⁶ bytes). */
  readonly memory: number;
}

/**
 * Node tells nothing of what a child cost, GNU time counts the processor in steps of 10 ms, and bash
 * knows no memory: so bash measures the times, in ms, and GNU time the memory.
 */
const SCRIPT = `TIMEFORMAT='%3R %3U %3S'
{ time /usr/bin/time -q -o "$1" -f %M "\${@:3}" >"$2" 2>&1; } 2>&1`;

let runs = 0;

/** @throws Error where this machine cannot measure. */
export async function assertMeasurable(): Promise<void> {
  try {
    await firstLineOf({ program: "bash", args: ["--version"] });
    await firstLineOf({ program: "/usr/bin/time", args: ["--version"] });
  } catch (cause) {
    throw new Error(
      "the bench measures with bash and GNU time (/usr/bin/time), and one of them is missing: install the packages bash and time",
      { cause },
    );
  }
}

/**
 * Runs a program and measures it.
 *
 * @throws Error with its output where it does not end with 0
 */
export async function measure(command: Command): Promise<Sample> {
  runs += 1;
  const memoryFile = join(CACHE, `memory-${runs % 32}`);
  const outputFile = join(CACHE, `output-${runs % 32}`);
  const { code, output } = await runProgram({
    ...command,
    program: "bash",
    args: ["-c", SCRIPT, "bench", memoryFile, outputFile, command.program, ...command.args],
  });
  if (code !== 0) {
    const said = await readFile(outputFile, "utf8").catch(() => output);
    throw new Failed(`${command.program} ended with ${code}: ${said.trim().slice(-600)}`);
  }
  const [wall = Number.NaN, user = Number.NaN, system = Number.NaN] = output
    .trim()
    .split(" ")
    .map((seconds) => Number(seconds) * 1000);
  const kibibytes = Number(await readFile(memoryFile, "utf8"));
  const sample = { wall, cpu: user + system, memory: (kibibytes * 1024) / 1e6 };
  if (Object.values(sample).every(Number.isFinite)) return sample;
  throw new Error(`what bash and GNU time printed is no measurement: ${output}`);
}

/** A program that was measured ended with another code than 0. */
class Failed extends Error {
  override readonly name = "Failed";
}
