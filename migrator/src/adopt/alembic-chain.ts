import { AlembicFolderError, readRevisions } from "../bundle/alembic-revisions.ts";
import { MigratorError } from "../core/migrator-error.ts";

/**
 * The revisions that lead to one, oldest first, from Alembic's `versions` folder. Its files are read as
 * text and never run.
 *
 * @throws MigratorError where the folder does not lead from the revision to a first one
 */
export async function alembicChain(dir: string, head: string): Promise<readonly string[]> {
  const parents = await revisionsOf(dir);
  const done = new Set<string>();
  const walk = (revision: string, from: string): void => {
    if (done.has(revision)) return;
    const above = parents.get(revision);
    if (above === undefined) {
      throw new MigratorError(
        "refused",
        `${from} is at revision ${revision}, and no file in ${dir} has it`,
        {
          state: "nothing was changed",
          next: "name the versions folder that this database was migrated with",
        },
      );
    }
    for (const each of above) walk(each, `the chain of ${head}`);
    done.add(revision);
  };
  walk(head, "the database");
  return [...done];
}

async function revisionsOf(dir: string): Promise<ReadonlyMap<string, readonly string[]>> {
  try {
    return await readRevisions(dir);
  } catch (cause) {
    if (!(cause instanceof AlembicFolderError)) throw cause;
    const next = "name the folder that holds Alembic's revisions, mostly alembic/versions";
    throw new MigratorError("usage", `${dir} cannot be read`, { next }, { cause });
  }
}
