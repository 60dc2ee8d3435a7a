import { spawn, type SpawnOptions } from "node:child_process";

export interface ProgramResult {
  /** `null` where a signal ended it. */
  readonly code: number | null;
  /** Standard output and error, as they came. */
  readonly output: string;
}

/**
 * Runs a program to its end.
 *
 * @throws the system's error where it could not be started, and `signal`'s reason where that ended it
 */
export function runProgram(
  command: string,
  args: readonly string[],
  options: Pick<SpawnOptions, "cwd" | "env" | "uid" | "gid" | "signal">,
): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    const chunks: string[] = [];
    const keep = (chunk: string): void => void chunks.push(chunk);
    child.stdout.setEncoding("utf8").on("data", keep);
    child.stderr.setEncoding("utf8").on("data", keep);
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, output: chunks.join("") }));
  });
}
