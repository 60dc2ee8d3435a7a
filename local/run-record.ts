import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { END_POSTGRES, END_SERVICE, endProcess } from "./end-process.ts";
import { writePrivateFile } from "./private-file.ts";
import { identify, isAlive, type ProcessIdentity } from "./process-identity.ts";
import type { Say } from "./say.ts";
import { showPath } from "./show-path.ts";
import { codeOf, UserError } from "./user-error.ts";

/** A process that this run started. */
interface Started extends ProcessIdentity {
  readonly kind: "postgres" | "service";
  readonly name: string;
}

interface Content extends ProcessIdentity {
  readonly since: string;
  readonly processes: readonly Started[];
}

/** The record of the run that a data folder belongs to. */
export interface RunRecord {
  /** Notes a child, so that the next run can end it where this one is killed. */
  add(kind: Started["kind"], name: string, pid: number): void;
  /** Forgets a child that has ended. */
  remove(pid: number): void;
}

/**
 * Runs `use` as the only run on a data folder. What a killed run left behind (its services keep their
 * ports, its Postgres the data) is ended first.
 *
 * @throws UserError where another run is at work there
 */
export async function withRunRecord<T>(
  folder: string,
  say: Say,
  use: (record: RunRecord) => Promise<T>,
): Promise<T> {
  const path = join(folder, "run.json");
  const self = identify(process.pid);
  if (self === undefined)
    throw new Error("this process is not to be found in the list of processes");
  const since = new Date().toISOString();
  await claim(path, { ...self, since, processes: [] }, folder, say);

  const processes = new Map<number, Started>();
  const save = (): void => {
    const content: Content = { ...self, since, processes: [...processes.values()] };
    try {
      writePrivateFile(path, JSON.stringify(content));
    } catch (error) {
      // Somebody removed the folder under our feet: then no run after this one has use for the record.
      if (codeOf(error) !== "ENOENT") throw error;
    }
  };
  try {
    return await use({
      add: (kind, name, pid) => {
        const identity = identify(pid);
        if (identity === undefined) return;
        processes.set(pid, { ...identity, kind, name });
        save();
      },
      remove: (pid) => {
        if (processes.delete(pid)) save();
      },
    });
  } finally {
    rmSync(path, { force: true });
  }
}

async function claim(path: string, content: Content, folder: string, say: Say): Promise<void> {
  try {
    writeFileSync(path, JSON.stringify(content), { flag: "wx", mode: 0o600 });
    return;
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  }
  const other = read(path);
  if (other !== undefined && isAlive(other)) {
    throw new UserError(
      `another npm run dev (process ${other.pid}, since ${other.since}) is at work on ${showPath(folder)}: end it with Ctrl-C or kill ${other.pid}, or give this one a folder of its own with --data DIR`,
    );
  }
  await endLeftovers(other?.processes ?? [], say);
  rmSync(path, { force: true });
  // Two runs that start over the same remains: the second one finds the record of the first.
  return await claim(path, content, folder, say);
}

/** A record that was cut off is one of a run that was killed while it began. */
function read(path: string): Content | undefined {
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by this file only
    return JSON.parse(readFileSync(path, "utf8")) as Content;
  } catch {
    return undefined;
  }
}

async function endLeftovers(processes: readonly Started[], say: Say): Promise<void> {
  const alive = processes.filter(isAlive);
  if (alive.length === 0) return;
  const names = alive.map(({ name }) => name).join(", ");
  say({
    subject: "dev",
    tone: "notice",
    text: `a run before was killed; ending what it left: ${names}`,
  });
  // Postgres last, or its clients would report its end.
  await Promise.all(ofKind(alive, "service").map((one) => endProcess(one, END_SERVICE)));
  await Promise.all(ofKind(alive, "postgres").map((one) => endProcess(one, END_POSTGRES)));
}

function ofKind(processes: readonly Started[], kind: Started["kind"]): readonly Started[] {
  return processes.filter((one) => one.kind === kind);
}
