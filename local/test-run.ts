/** `npm run dev` as a process, for its tests. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { PROJECT_DIR } from "../config/load-file.ts";
import { endProcess } from "./end-process.ts";
import { identify } from "./process-identity.ts";
import type { TestProject } from "./test-project.ts";

export interface TestRun {
  readonly pid: number;
  /** Everything that it has printed. */
  output(): string;
  /** Resolves when what it prints after `from` characters holds `text`; rejects when it ends before. */
  prints(text: string, from?: number): Promise<void>;
  /** Its exit code; `null` after a signal that it did not handle. */
  ended(): Promise<number | null>;
  signal(name: NodeJS.Signals): void;
}

const PRINTS_MS = 40_000;

/** Runs `use` beside a run; one that is still there afterwards is ended. */
export async function withRun<T>(
  args: readonly string[],
  use: (run: TestRun) => Promise<T>,
): Promise<T> {
  const child = spawn(
    process.execPath,
    ["--import", "tsx", join(PROJECT_DIR, "local/main.ts"), ...args],
    {
      cwd: PROJECT_DIR,
      // A variable of the shell must not be what makes a service's connection work, or fail.
      env: { ...process.env, PGHOST: "nowhere.test", DATABASE_URL: "postgresql://nowhere.test/x" },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const { pid } = child;
  if (pid === undefined) throw new Error("npm run dev was not started");
  const identity = identify(pid);
  let output = "";
  let ended = false;
  const listeners = new Set<() => void>();
  const notify = (): void => {
    for (const listener of listeners) listener();
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk;
      notify();
    });
  }
  const exit = once(child, "close").then(([code]) => {
    ended = true;
    notify();
    return typeof code === "number" ? code : null;
  });
  const prints = (text: string, from = 0): Promise<void> =>
    new Promise((resolve, reject) => {
      // Before the test's own bound, which would not tell what was printed instead.
      const giveUp = setTimeout(() => {
        listeners.delete(look);
        reject(new Error(`it did not print "${text}" within ${PRINTS_MS / 1000} s:\n${output}`));
      }, PRINTS_MS);
      const look = (): void => {
        const found = output.indexOf(text, from) >= 0;
        if (!found && !ended) return;
        clearTimeout(giveUp);
        listeners.delete(look);
        if (found) resolve();
        else reject(new Error(`it ended without printing "${text}":\n${output}`));
      };
      listeners.add(look);
      look();
    });
  try {
    return await use({
      pid,
      output: () => output,
      prints,
      ended: () => exit,
      signal: (name) => void child.kill(name),
    });
  } finally {
    if (identity !== undefined) {
      await endProcess(identity, {
        gentle: "SIGTERM",
        hard: "SIGKILL",
        graceMs: 30_000,
        group: false,
      });
    }
  }
}

/** The flags for a project's own stack and data. */
export function flagsOf(project: TestProject, ...more: readonly string[]): readonly string[] {
  return ["--project", project.path, "--stack", "test", "--data", project.data, ...more];
}

/** Runs to the end. */
export async function runOnce(
  project: TestProject,
  ...more: readonly string[]
): Promise<{ readonly code: number | null; readonly output: string }> {
  return await withRun(flagsOf(project, "--once", ...more), async (run) => {
    const code = await run.ended();
    return { code, output: run.output() };
  });
}

/** What a service's path answers; `undefined` where nobody listens. */
export async function ask(
  port: number,
  path: string,
): Promise<{ readonly status: number; readonly body: unknown } | undefined> {
  let response: Response;
  try {
    response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: "close" } });
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    if (cause instanceof Error && "code" in cause && cause.code === "ECONNREFUSED")
      return undefined;
    throw error;
  }
  return { status: response.status, body: await response.json() };
}
