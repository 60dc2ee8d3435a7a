// Through node:fs, which loads its promises when they are first used: a start does without.
import { promises as fs } from "node:fs";
import { join } from "node:path";

import { BACKUP_FILES } from "../contract.ts";
import { messageOf, MigratorError } from "../core/migrator-error.ts";

/**
 * Says to the containers between `wait` and `up` that a backup is to be taken: something is pending.
 *
 * @param folder shared by the containers of the pod.
 */
export async function askForBackup(folder: string, pending: readonly string[]): Promise<void> {
  const file = join(folder, BACKUP_FILES.wanted);
  try {
    await (pending.length === 0
      ? fs.rm(file, { force: true })
      : fs.writeFile(file, `${pending.join("\n")}\n`));
  } catch (error) {
    throw new MigratorError(
      "usage",
      `the request for a backup cannot be left: ${messageOf(error)}`,
      {},
      { cause: error },
    );
  }
}

/**
 * Ends a run before it begins where a backup was asked for and is not there.
 *
 * @returns name of the backup; null: none was asked for.
 * @throws MigratorError of kind `refused` with the reason that was left.
 */
export async function assertBackup(folder: string): Promise<string | null> {
  const read = async (name: string): Promise<string | null> => {
    try {
      return (await fs.readFile(join(folder, name), "utf8")).trim();
    } catch {
      return null;
    }
  };
  if ((await read(BACKUP_FILES.wanted)) === null) return null;
  const reason = await read(BACKUP_FILES.failed);
  const done = await read(BACKUP_FILES.done);
  if (reason === null && done !== null && done !== "") return done;
  throw new MigratorError(
    "refused",
    `the backup before the migration has failed, so nothing was migrated: ${reason ?? "it left no word"}`,
    {
      next: "mend what it says and run pulumi up again; without a backup: take databases.<name>.backup out",
    },
  );
}
