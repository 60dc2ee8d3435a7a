import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/**
 * Files of a build, written so that two builds may run at once and a reader sees an old file or a new
 * one, never a half: each is written beside the target and renamed. A file that is up to date is left
 * alone.
 *
 * @param {string} dir made when it is missing
 * @param {ReadonlyMap<string, string | Uint8Array>} files relative path to content
 * @param {{ prune: boolean }} options `prune`: delete whatever else lies in `dir`
 * @returns {Promise<void>}
 */
export async function writeFiles(dir, files, { prune }) {
  await mkdir(dir, { recursive: true });
  // On the same disk, where no pruning looks and git looks away: in `dist`.
  const temporary = await mkdtemp(join(prune ? dirname(dir) : dir, ".new-"));
  const draft = join(temporary, "draft");
  try {
    for (const [path, content] of files) {
      const target = join(dir, path);
      const bytes = Buffer.from(content);
      const present = await readFile(target).catch(() => null);
      if (present?.equals(bytes)) continue;
      await makeFolder(dir, dirname(path));
      await writeFile(draft, bytes);
      // Whatever the umask of who builds: the image's user is another one and must read all of it.
      await chmod(draft, 0o644);
      await rename(draft, target);
    }
    if (prune) await pruneFolder(dir, new Set(files.keys()), "");
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/**
 * @param {string} dir exists
 * @param {string} below folder in it
 */
async function makeFolder(dir, below) {
  if (below === ".") return;
  await makeFolder(dir, dirname(below));
  await mkdir(join(dir, below), { recursive: true });
  await chmod(join(dir, below), 0o755);
}

/**
 * @param {string} dir
 * @param {ReadonlySet<string>} wanted
 * @param {string} below
 */
async function pruneFolder(dir, wanted, below) {
  for (const entry of await readdir(join(dir, below), { withFileTypes: true })) {
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (wanted.has(path)) continue;
    const isParent = [...wanted].some((each) => each.startsWith(`${path}/`));
    if (entry.isDirectory() && isParent) await pruneFolder(dir, wanted, path);
    else await rm(join(dir, path), { recursive: true, force: true });
  }
}
