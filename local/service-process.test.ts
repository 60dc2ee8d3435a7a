import { expect, test } from "vitest";
import { END_SERVICE, endProcess } from "./end-process.ts";
import { identify, isAlive } from "./process-identity.ts";
import type { RunRecord } from "./run-record.ts";
import { type ServiceProcess, startServiceProcess } from "./service-process.ts";

const RECORD: RunRecord = { add: () => undefined, remove: () => undefined };

function start(script: string, onLine: (line: string) => void = () => undefined): ServiceProcess {
  return startServiceProcess({
    name: "api",
    command: [process.execPath, "-e", script],
    directory: process.cwd(),
    env: {},
    record: RECORD,
    onLine,
  });
}

/** Starts it and returns when it has printed its process' number. */
function started(script: string): Promise<{ process: ServiceProcess; pid: number }> {
  return new Promise((resolve) => {
    const running = start(`${script};console.log(process.pid)`, (line) =>
      resolve({ process: running, pid: Number(line) }),
    );
  });
}

test("a process that ends by itself tells its code and its last lines", async () => {
  const { ended, lastLines } = start(
    "for (let i = 0; i < 20; i++) console.log('line ' + i); console.error('why'); process.exitCode = 3",
  );
  expect(await ended).toBe("exit code 3");
  expect(lastLines()).toHaveLength(12);
  expect(lastLines()).toContain("why");
});

test("a command that does not exist is told as such", async () => {
  const { ended } = startServiceProcess({
    name: "api",
    command: ["no-such-command"],
    directory: process.cwd(),
    env: {},
    record: RECORD,
    onLine: () => undefined,
  });
  expect(await ended).toBe(
    `the command "no-such-command" or the folder ${process.cwd()} does not exist`,
  );
});

test("a process that hears SIGTERM ends by itself", async () => {
  const { process: running } = await started("setInterval(() => {}, 1000)");
  expect(await running.stop()).toEqual({ killed: false });
});

test("a process that is deaf to SIGTERM is killed after the grace, with what it has started", async () => {
  const { process: running, pid } = await started(
    "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])",
  );
  const identity = identify(pid);
  if (identity === undefined) throw new Error("the process is not there");
  expect(await endProcess(identity, { ...END_SERVICE, graceMs: 100 })).toBe("hard");
  expect(await running.ended).toBe("signal SIGKILL");
  expect(isAlive(identity)).toBe(false);
  // Its group is gone when nobody is left to be signalled.
  await expect.poll(() => groupIsGone(pid), { timeout: 5_000 }).toBe(true);
});

test("a process is not taken for a later one with the same number", () => {
  const self = identify(process.pid);
  expect(self).toBeDefined();
  expect(isAlive({ pid: process.pid, started: "another time" })).toBe(false);
});

function groupIsGone(pid: number): boolean {
  try {
    process.kill(-pid, 0);
    return false;
  } catch {
    return true;
  }
}
