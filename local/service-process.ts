import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { END_SERVICE, endProcess } from "./end-process.ts";
import { identify } from "./process-identity.ts";
import type { RunRecord } from "./run-record.ts";
import { codeOf, textOf } from "./user-error.ts";

export interface ServiceProcessArgs {
  readonly name: string;
  readonly command: readonly string[];
  /** Absolute. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  readonly record: RunRecord;
  /** Receives each line that it prints. */
  readonly onLine: (line: string) => void;
}

/** A service's process. */
export interface ServiceProcess {
  /** Why it ended, in words; resolves when it has, and never rejects. */
  readonly ended: Promise<string>;
  /** The last lines that it printed. */
  readonly lastLines: () => readonly string[];
  /** Ends it; returns when it is gone, whether it had to be killed. */
  readonly stop: () => Promise<{ readonly killed: boolean }>;
}

/** Lines of a crash that are shown: a stack trace with its message. */
const LAST_LINES = 12;

/** How long the end of its output is waited for after its exit, in milliseconds. */
const LAST_READ_MS = 500;

/** Starts a service. A command that cannot be started is one that has ended, with that reason. */
export function startServiceProcess(args: ServiceProcessArgs): ServiceProcess {
  const [program = "", ...rest] = args.command;
  const child = spawn(program, rest, {
    cwd: args.directory,
    env: args.env,
    // A group of its own: Ctrl-C reaches it through us only, and what it starts ends with it.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const { pid } = child;
  const identity = pid === undefined ? undefined : identify(pid);
  if (pid !== undefined) args.record.add("service", args.name, pid);
  const last: string[] = [];
  const onLine = (line: string): void => {
    last.push(line);
    if (last.length > LAST_LINES) last.shift();
    args.onLine(line);
  };
  const read = Promise.all([child.stdout, child.stderr].map((stream) => eachLine(stream, onLine)));
  const exit = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(cannotStart(program, args.directory, error)));
    child.once("exit", (code, signal) =>
      resolve(signal === null ? `exit code ${code ?? "unknown"}` : `signal ${signal}`),
    );
  });
  const ended = exit.then(async (reason) => {
    if (pid !== undefined) args.record.remove(pid);
    // The last lines tell why. Bounded: a process that it started may hold the pipe open for ever.
    await Promise.race([read, pause(LAST_READ_MS, undefined, { ref: false })]);
    return reason;
  });
  return {
    ended,
    lastLines: () => last,
    stop: async () => {
      const way = identity === undefined ? "gentle" : await endProcess(identity, END_SERVICE);
      await ended;
      return { killed: way === "hard" };
    },
  };
}

async function eachLine(stream: Readable, onLine: (line: string) => void): Promise<void> {
  const lines = createInterface({ input: stream, crlfDelay: Infinity });
  lines.on("line", onLine);
  await once(lines, "close");
}

function cannotStart(program: string, directory: string, error: unknown): string {
  return codeOf(error) === "ENOENT"
    ? `the command "${program}" or the folder ${directory} does not exist`
    : `the command "${program}" cannot be started: ${textOf(error)}`;
}
