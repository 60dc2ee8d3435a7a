import { readdirSync, readFileSync } from "node:fs";

/** How often processes are looked for, in milliseconds: the kernel itself keeps each one's peak. */
const INTERVAL = 100;

/** What the processes of one CLI run needed at most, in MB. */
export interface PeakMemory {
  /** The Node process that runs the program; `undefined` where the system has no `/proc`. */
  readonly program: number | undefined;
  /** The CLI, which is the engine. */
  readonly engine: number | undefined;
}

/**
 * Watches a CLI process and those that it starts.
 *
 * @returns what ends the watch and tells the peaks.
 */
export function watchMemory(cli: number): () => PeakMemory {
  let program: number | undefined;
  let engine: number | undefined;
  const timer = setInterval(() => {
    engine = most(engine, peakOf(cli));
    for (const pid of descendants(cli)) {
      if (commandOf(pid).includes("@pulumi/pulumi/cmd/run")) program = most(program, peakOf(pid));
    }
  }, INTERVAL);
  return () => {
    clearInterval(timer);
    return { program, engine };
  };
}

function most(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.max(a, b);
}

function descendants(ancestor: number): readonly number[] {
  const parents = new Map<number, number>();
  for (const entry of readable(() => readdirSync("/proc")) ?? []) {
    if (!/^[0-9]+$/.test(entry)) continue;
    // The name in parentheses may hold anything; the parent is the second field after it.
    const stat = readable(() => readFileSync(`/proc/${entry}/stat`, "utf8")) ?? "";
    const parent = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1];
    if (parent !== undefined) parents.set(Number(entry), Number(parent));
  }
  return [...parents.keys()].filter((pid) => {
    for (let at = parents.get(pid); at !== undefined; at = parents.get(at)) {
      if (at === ancestor) return true;
    }
    return false;
  });
}

function commandOf(pid: number): string {
  return readable(() => readFileSync(`/proc/${pid}/cmdline`, "utf8")) ?? "";
}

/** Source: `VmHWM` in proc_pid_status(5), the peak of the resident set in kB. */
function peakOf(pid: number): number | undefined {
  const status = readable(() => readFileSync(`/proc/${pid}/status`, "utf8")) ?? "";
  const kilobytes = /^VmHWM:\s+([0-9]+) kB$/m.exec(status)?.[1];
  return kilobytes === undefined ? undefined : Math.round(Number(kilobytes) / 1024);
}

/** A process may end between being listed and being read. */
function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
