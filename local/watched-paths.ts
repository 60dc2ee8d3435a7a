import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { LocalPlatform } from "./select-services.ts";

/** What is watched, and what a change of it concerns. */
export interface WatchedPaths {
  /** Absolute path → keys. */
  readonly paths: ReadonlyMap<string, readonly string[]>;
  /** The databases and services of keys. */
  readonly changedBy: (keys: ReadonlySet<string>) => {
    readonly databases: readonly string[];
    readonly services: readonly string[];
  };
}

/** The migrations of all databases, and the files that stand in the services' commands. */
export function watchedPaths(project: string, platform: LocalPlatform): WatchedPaths {
  const paths = new Map<string, readonly string[]>();
  const add = (path: string, key: string): void => {
    paths.set(path, [...(paths.get(path) ?? []), key]);
  };
  for (const { name, migrationsDir, runner } of platform.databases) {
    // What nothing here migrates needs no watch; without a folder it would be one of the whole project.
    if (runner !== undefined) continue;
    add(resolve(project, migrationsDir), `database ${name}`);
  }
  for (const { name, dev } of platform.services) {
    if (dev === undefined) continue;
    const directory = join(project, dev.directory);
    for (const word of dev.command) {
      const path = resolve(directory, word);
      if (statSync(path, { throwIfNoEntry: false })?.isFile()) add(path, `service ${name}`);
    }
  }
  return {
    paths,
    changedBy: (keys) => ({
      databases: platform.databases
        .map(({ name }) => name)
        .filter((name) => keys.has(`database ${name}`)),
      services: platform.services
        .map(({ name }) => name)
        .filter((name) => keys.has(`service ${name}`)),
    }),
  };
}
