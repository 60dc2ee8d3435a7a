import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { PROJECT } from "./paths.ts";

interface Locked {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** A peer's version as the lock file has it, and the bytes of it and of all that it needs. */
export async function lockedPackage(
  ...names: readonly [string, ...string[]]
): Promise<{ readonly version: string; readonly bytes: number }> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- npm's own file, version 3
  const { packages } = JSON.parse(
    await readFile(join(PROJECT, "bench/package-lock.json"), "utf8"),
  ) as { readonly packages: Readonly<Record<string, Locked>> };
  const needed = new Set<string>();
  const visit = (name: string, from: string): void => {
    const path = resolve(packages, name, from);
    if (path === undefined || needed.has(path)) return;
    needed.add(path);
    const { dependencies = {}, optionalDependencies = {} } = packages[path] ?? {};
    for (const each of [...Object.keys(dependencies), ...Object.keys(optionalDependencies)]) {
      visit(each, path);
    }
  };
  for (const name of names) visit(name, "");
  const sizes = await Promise.all([...needed].map((path) => bytesOf(join(PROJECT, "bench", path))));
  const version = packages[`node_modules/${names[0]}`]?.version;
  if (version === undefined) throw new Error(`${names[0]} is not in bench/package-lock.json`);
  return { version, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

/** Where Node finds a package from another's folder: the nearest `node_modules` above it. */
function resolve(
  packages: Readonly<Record<string, Locked>>,
  name: string,
  from: string,
): string | undefined {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf("/node_modules/")))) {
    const path = at === "" ? `node_modules/${name}` : `${at}/node_modules/${name}`;
    if (path in packages) return path;
    if (at === "") return undefined;
  }
}

/** Bytes of all files below a folder; 0 where it is not there (a package for another platform). */
async function bytesOf(folder: string, skip: readonly string[] = []): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const sizes = await Promise.all(
    entries
      .filter(({ name }) => name !== "node_modules" && !skip.includes(name))
      .map(async (entry) => {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) return bytesOf(path);
        return entry.isFile() ? (await stat(path)).size : 0;
      }),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
