import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { identify } from "./process-identity.ts";

/**
 * Removes the `postmaster.pid` of a Postgres that is gone. After a kill it names a process that is gone
 * too or, as numbers are used again, any other one, and then Postgres would refuse to start for ever.
 * That no Postgres of ours runs is known from the run's record.
 */
export function removeStalePidFile(cluster: string): void {
  const path = join(cluster, "postmaster.pid");
  let pid: number;
  try {
    pid = Number(readFileSync(path, "utf8").split("\n", 1)[0]);
  } catch {
    return;
  }
  // One that somebody started by hand: Postgres itself refuses, and says so.
  if (identify(pid) !== undefined && isPostgres(pid)) return;
  rmSync(path, { force: true });
}

function isPostgres(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").startsWith("postgres");
  } catch {
    // Without /proc it is not known, and Postgres' own look decides.
    return true;
  }
}
