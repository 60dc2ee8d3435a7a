import { readdirSync, readFileSync } from "node:fs";

/** How often processes are looked for, in milliseconds: the kernel itself keeps each one's peak. */
const INTERVAL = 100;

/** What the processes of one CLI run needed; `undefined` where the system has no `/proc`. */
export interface Cost {
  /** Peak of the Node process that runs the program, in MB. */
  readonly program: number | undefined;
  /** Its CPU time in seconds, which other work on the machine does not change much. */
  readonly cpu: number | undefined;
  /** CPU time in seconds of all processes: the CLI, the program, the providers. */
  readonly totalCpu: number | undefined;
  /** Peak of the CLI, which is the engine, in MB. */
  readonly engine: number | undefined;
}

/**
 * Watches a CLI process and those that it starts.
 *
 * @returns what ends the watch and tells the cost.
 */
export function watchCost(cli: number): () => Cost {
  let program: number | undefined;
  let engine: number | undefined;
  let cpu: number | undefined;
  /** The last that was seen of each process; a provider may end before the CLI does. */
  const spent = new Map<number, number>();
  const timer = setInterval(() => {
    engine = most(engine, peakOf(cli));
    for (const pid of [cli, ...descendants(cli)]) {
      const seen = cpuOf(pid);
      if (seen !== undefined) spent.set(pid, seen);
      if (!commandOf(pid).includes("@pulumi/pulumi/cmd/run")) continue;
      program = most(program, peakOf(pid));
      cpu = most(cpu, cpuOf(pid));
    }
  }, INTERVAL);
  return () => {
    clearInterval(timer);
    const totalCpu =
      spent.size === 0 ? undefined : Math.round([...spent.values()].reduce((a, b) => a + b, 0));
    return { program, cpu, totalCpu, engine };
  };
}

function most(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.max(a, b);
}

function descendants(ancestor: number): readonly number[] {
  const parents = new Map<number, number>();
  for (const entry of readable(() => readdirSync("/proc")) ?? []) {
    if (!/^[0-9]+$/.test(entry)) continue;
    const parent = fieldsOf(Number(entry))[1];
    if (parent !== undefined) parents.set(Number(entry), Number(parent));
  }
  return [...parents.keys()].filter((pid) => {
    for (let at = parents.get(pid); at !== undefined; at = parents.get(at)) {
      if (at === ancestor) return true;
    }
    return false;
  });
}

/** Fields of proc_pid_stat(5) from the third on: the name before them may hold anything. */
function fieldsOf(pid: number): readonly string[] {
  const stat = readable(() => readFileSync(`/proc/${pid}/stat`, "utf8")) ?? "";
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/** Source: `utime` and `stime`, in ticks of which every Linux that Node runs on has 100 a second. */
function cpuOf(pid: number): number | undefined {
  const [user, system] = fieldsOf(pid).slice(11, 13);
  return system === undefined ? undefined : Math.round((Number(user) + Number(system)) / 10) / 10;
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
