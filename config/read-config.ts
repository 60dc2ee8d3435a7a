import { type Layer, mergeEntry, mergeLayers } from "./layers.ts";
import type { Problem } from "./problem.ts";
import { salvage } from "./salvage.ts";
import { unknownKey } from "./schema-problems.ts";
import { defaults, platform, type PlatformConfig, platformShape } from "./schema/platform.ts";
import { isTree, type Tree } from "./tree.ts";

/** A configuration as far as it could be read. */
export interface ReadConfig {
  readonly config: PlatformConfig;
  /** Every declared name, also of entries that could not be read. */
  readonly databases: ReadonlySet<string>;
  readonly services: ReadonlySet<string>;
  readonly problems: readonly Problem[];
}

/** Merges the layers, the first over the others, applies `defaults`, and reads what can be read. */
export function readConfig(layers: readonly Layer[]): ReadConfig {
  const merged = mergeLayers(layers);
  const unknown = Object.keys(merged).filter((key) => !Object.hasOwn(platformShape, key));
  const { defaults: rawDefaults, ...rest } = without(merged, unknown);
  const own = salvage(defaults, rawDefaults ?? {});
  // Only what is right in them: a mistake in a default is one mistake, not one for every entry.
  const usable = isTree(own.raw) ? own.raw : {};
  const effective = {
    ...rest,
    databases: applied(rest["databases"], usable["database"]),
    services: applied(rest["services"], usable["service"]),
  };
  const { value, problems } = salvage(platform, effective);
  return {
    config: value ?? platform.parse({}),
    databases: namesOf(merged["databases"]),
    services: namesOf(merged["services"]),
    problems: [
      ...unknown.map((key) => ({
        path: [key],
        message: unknownKey(key, Object.keys(platformShape)),
      })),
      ...own.problems.map((problem) => ({ ...problem, path: ["defaults", ...problem.path] })),
      ...problems,
    ].map(({ path, message }) => ({ path, message })),
  };
}

function without(tree: Tree, keys: readonly string[]): Tree {
  return Object.fromEntries(Object.entries(tree).filter(([key]) => !keys.includes(key)));
}

function applied(entries: unknown, defaultEntry: unknown): unknown {
  if (!isTree(entries) || defaultEntry === undefined) return entries;
  return Object.fromEntries(
    Object.entries(entries).map(([name, entry]) => [
      name,
      isTree(entry) ? mergeEntry(defaultEntry, entry) : entry,
    ]),
  );
}

function namesOf(entries: unknown): ReadonlySet<string> {
  return new Set(isTree(entries) ? Object.keys(entries) : []);
}
