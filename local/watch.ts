import { basename, extname } from "node:path";
import { watch as watchPaths } from "chokidar";

export interface WatchArgs {
  /** Absolute folder or file → what it belongs to. */
  readonly paths: ReadonlyMap<string, readonly string[]>;
  /** Called with the keys of everything that changed, once things are quiet. */
  readonly onChange: (changed: ReadonlySet<string>) => void;
  /** Called when the system cannot watch (any more). */
  readonly onError: (error: unknown) => void;
}

/**
 * How long nothing may change before a change counts, in milliseconds: an editor writes a file in several
 * steps, a `git switch` many files; each must lead to one run.
 */
const QUIET_MS = 250;

/** What migrations and services consist of; backups and swap files of editors are none of it. */
const KINDS = new Set([".sql", ".ts", ".mts", ".js", ".mjs", ".cjs", ".json", ""]);

/** Runs `use` while changes of files are reported; what changes from its first moment on is seen. */
export async function withWatch<T>(args: WatchArgs, use: () => Promise<T>): Promise<T> {
  const watcher = watchPaths([...args.paths.keys()], {
    ignoreInitial: true,
    ignored: (path, stats) => stats?.isFile() === true && !isRelevant(path),
  });
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  watcher.on("error", args.onError);
  watcher.on("all", (_, path) => {
    for (const [watched, keys] of args.paths) {
      if (path !== watched && !path.startsWith(`${watched}/`)) continue;
      for (const key of keys) changed.add(key);
    }
    clearTimeout(timer);
    timer = setTimeout(() => {
      const all = new Set(changed);
      changed.clear();
      args.onChange(all);
    }, QUIET_MS);
  });
  try {
    await new Promise<void>((resolve) => {
      watcher.once("ready", resolve);
    });
    return await use();
  } finally {
    clearTimeout(timer);
    await watcher.close();
  }
}

function isRelevant(path: string): boolean {
  const name = basename(path);
  return !name.startsWith(".") && !name.endsWith("~") && KINDS.has(extname(name));
}
