import { isAlive, type ProcessIdentity } from "./process-identity.ts";
import { setTimeout as pause } from "node:timers/promises";
import { codeOf } from "./user-error.ts";

/** Signals for a process and how long each may take to work. */
export interface EndOptions {
  readonly gentle: NodeJS.Signals;
  readonly hard: NodeJS.Signals;
  /** Milliseconds after which `hard` is sent. */
  readonly graceMs: number;
  /** Signal the whole process group, for a command that starts others. */
  readonly group: boolean;
}

/** How services are ended: 5 s, as the issue of this program demands, then without asking. */
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

/** Ends a process and returns when it is gone. */
export async function endProcess(identity: ProcessIdentity, options: EndOptions): Promise<void> {
  const { pid } = identity;
  if (!isAlive(identity)) return;
  signal(pid, options.gentle, options.group);
  const hardAt = Date.now() + options.graceMs;
  let hard = false;
  while (isAlive(identity)) {
    if (!hard && Date.now() >= hardAt) {
      hard = true;
      signal(pid, options.hard, options.group);
    }
    await pause(LOOK_EVERY_MS);
  }
}

/** Signals a process or its group; one that has ended meanwhile is what was wanted. */
function signal(pid: number, name: NodeJS.Signals, group: boolean): void {
  try {
    process.kill(group ? -pid : pid, name);
  } catch (error) {
    if (codeOf(error) !== "ESRCH") throw error;
  }
}
