import { readFile } from "node:fs/promises";
import { cpus, loadavg, release, totalmem } from "node:os";
import { NODE } from "./paths.ts";
import { firstLineOf } from "./run-program.ts";

/** What a table of times is worth nothing without. */
export interface Machine {
  readonly processor: string;
  readonly memory: string;
  readonly system: string;
  /** Of the Node that runs Tidegate and the peers in JavaScript. */
  readonly node: string;
  readonly postgres: string;
  /** Average number of waiting processes in the minute before the bench. */
  readonly load: number;
  readonly day: string;
}

export async function describeMachine(postgres: string, load: number): Promise<Machine> {
  const about = await readFile("/etc/os-release", "utf8").catch(() => "");
  const name = /^PRETTY_NAME="(.*)"$/m.exec(about)?.[1] ?? process.platform;
  const [first] = cpus();
  return {
    processor: `${cpus().length} × ${first?.model.trim() || "processor without a name"} (${process.arch})`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${name}, Linux ${release()}`,
    node: await firstLineOf({ program: NODE, args: ["--version"] }),
    postgres,
    load,
    day: new Date().toISOString().slice(0, 10),
  };
}

export function loadNow(): number {
  return loadavg()[0] ?? Number.NaN;
}
