import { spawn } from "node:child_process";
import { once } from "node:events";

/** A process of the CLI that a scenario watches or ends. */
export interface RunningCli {
  readonly pid: number;
  /** What it has printed so far, on both streams. */
  readonly output: () => string;
  readonly kill: (signal: NodeJS.Signals) => void;
  /** Exit code; `null`: a signal ended it. */
  readonly ended: Promise<number | null>;
}

export interface CliProcessArgs {
  /** Path of the CLI. */
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** Starts the CLI; the caller waits for its end, or ends it. */
export function startCli({ command, args, cwd, env }: CliProcessArgs): RunningCli {
  const child = spawn(command, args, {
    cwd,
    env,
    stdio: ["ignore", "pipe", "pipe"],
    // A process group of its own: a signal to it is for it alone.
    detached: true,
  });
  let output = "";
  const take = (data: Buffer): void => {
    output += data.toString("utf8");
  };
  child.stdout.on("data", take);
  child.stderr.on("data", take);
  const ended = once(child, "close").then(([code]) => (typeof code === "number" ? code : null));
  return {
    pid: child.pid ?? 0,
    output: () => output,
    kill: (signal) => void child.kill(signal),
    ended,
  };
}
