import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

const REVISION = /^revision(?:\s*:[^=\n]+)?\s*=\s*["']([^"']+)["']/m;
const DOWN = /^down_revision(?:\s*:[^=\n]+)?\s*=\s*(None|["'][^"']+["']|\([^)]*\))/m;

/** The folder cannot be read. */
export class AlembicFolderError extends Error {
  override readonly name = "AlembicFolderError";
}

/**
 * The revisions in Alembic's `versions` folder, each with those that it comes after. Its files are read
 * as text and never run.
 *
 * @throws AlembicFolderError
 */
export async function readRevisions(dir: string): Promise<ReadonlyMap<string, readonly string[]>> {
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
  return parents;
}

async function pythonFiles(dir: string): Promise<readonly string[]> {
  try {
    return (await readdir(dir)).filter((file) => file.endsWith(".py")).toSorted();
  } catch (cause) {
    throw new AlembicFolderError(`${dir} cannot be read`, { cause });
  }
}
