import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { MigratorError } from "../core/migrator-error.ts";

const REVISION = /^revision(?:\s*:[^=\n]+)?\s*=\s*["']([^"']+)["']/m;
const DOWN = /^down_revision(?:\s*:[^=\n]+)?\s*=\s*(None|["'][^"']+["']|\([^)]*\))/m;

/**
 * The revisions that lead to one, oldest first, from Alembic's `versions` folder. Its files are read as
 * text and never run.
 *
 * @throws MigratorError where the folder does not lead from the revision to a first one
 */
export async function alembicChain(dir: string, head: string): Promise<readonly string[]> {
  const parents = new Map<string, readonly string[]>();
  for (const file of await pythonFiles(dir)) {
    const text = await readFile(join(dir, file), "utf8");
    const revision = REVISION.exec(text)?.[1];
    const down = DOWN.exec(text)?.[1];
    if (revision === undefined || down === undefined) continue;
    parents.set(
      revision,
      Array.from(down.matchAll(/["']([^"']+)["']/g), (match) => match[1] ?? ""),
    );
  }
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

async function pythonFiles(dir: string): Promise<readonly string[]> {
  try {
    return (await readdir(dir)).filter((file) => file.endsWith(".py")).toSorted();
  } catch (cause) {
    const next = "name the folder that holds Alembic's revisions, mostly alembic/versions";
    throw new MigratorError("usage", `${dir} cannot be read`, { next }, { cause });
  }
}
