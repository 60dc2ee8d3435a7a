import { setTimeout as pause } from "node:timers/promises";
import { isAlive, type ProcessIdentity } from "./process-identity.ts";
import { codeOf } from "./user-error.ts";

/** Signals for a process and how long the first may take to work. */
export interface EndOptions {
  readonly gentle: NodeJS.Signals;
  readonly hard: NodeJS.Signals;
  /** Milliseconds after which `hard` is sent. */
  readonly graceMs: number;
  /** Signal its whole process group, for a command that starts others. */
  readonly group: boolean;
}

/** How services are ended: asked, and after 5 s, which a developer is ready to wait, not asked any more. */
export const END_SERVICE: EndOptions = {
  gentle: "SIGTERM",
  hard: "SIGKILL",
  graceMs: 5_000,
  group: true,
};

/**
 * How Postgres is ended: a fast shutdown, and after 20 s an immediate one, which only costs a recovery at
 * the next start. Never SIGKILL, which leaves its shared memory behind. Source: PostgreSQL, "Shutting
 * Down the Server".
 */
export const END_POSTGRES: EndOptions = {
  gentle: "SIGINT",
  hard: "SIGQUIT",
  graceMs: 20_000,
  group: false,
};

const LOOK_EVERY_MS = 20;

/**
 * Ends a process.
 *
 * @returns when it is gone, whether it needed the hard way
 */
export async function endProcess(
  identity: ProcessIdentity,
  options: EndOptions,
): Promise<"gentle" | "hard"> {
  if (!isAlive(identity)) return "gentle";
  const target = options.group ? -identity.pid : identity.pid;
  signal(target, options.gentle);
  const hardAt = Date.now() + options.graceMs;
  while (isAlive(identity) && Date.now() < hardAt) await pause(LOOK_EVERY_MS);
  const hard = isAlive(identity);
  // What the command itself has started may outlive it; where nobody does, nobody is signalled.
  if (options.group || hard) signal(target, options.hard);
  while (isAlive(identity)) await pause(LOOK_EVERY_MS);
  return hard ? "hard" : "gentle";
}

/** One that has ended meanwhile is what was wanted. */
function signal(target: number, name: NodeJS.Signals): void {
  try {
    process.kill(target, name);
  } catch (error) {
    if (codeOf(error) !== "ESRCH") throw error;
  }
}
