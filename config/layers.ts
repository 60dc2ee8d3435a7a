import type { Path, Problem } from "./problem.ts";
import { at, isTree, mergeTrees, mergeValues, type Tree } from "./tree.ts";

/** The values of one file. */
export interface Layer {
  /** The file's name, for messages. */
  readonly source: string;
  readonly value: Tree;
}

/** Keys of a service of which one replaces the other in a lower layer. */
const ALTERNATIVES = ["image", "build"] as const;

/**
 * All layers as one; the first wins. Objects are merged by key, everything else is replaced. An
 * `image` also replaces the `build` of a lower layer and the other way round, or no stack could name
 * the image of a service that another stack builds.
 */
export function mergeLayers(layers: readonly Layer[]): Tree {
  return layers.toReversed().reduce<Tree>((lower, { value }) => mergePlatforms(lower, value), {});
}

function mergePlatforms(lower: Tree, upper: Tree): Tree {
  let below: Tree = lower;
  const services = upper["services"];
  if (isTree(services) && isTree(below["services"])) {
    below = { ...below, services: withoutAlternatives(below["services"], services) };
  }
  const own = at(upper, ["defaults", "service"]);
  if (isTree(own) && isTree(below["defaults"])) {
    const inherited = { service: below["defaults"]["service"] };
    const defaults = { ...below["defaults"], ...withoutAlternatives(inherited, { service: own }) };
    below = { ...below, defaults };
  }
  return mergeTrees(below, upper);
}

function withoutAlternatives(lower: Tree, upper: Tree): Tree {
  return Object.fromEntries(
    Object.entries(lower).map(([name, service]) => [name, dropReplaced(service, upper[name])]),
  );
}

function dropReplaced(lower: unknown, upper: unknown): unknown {
  if (!isTree(lower) || !isTree(upper)) return lower;
  const named = ALTERNATIVES.filter((key) => Object.hasOwn(upper, key));
  if (named.length !== 1) return lower;
  return Object.fromEntries(
    Object.entries(lower).filter(
      ([key]) => key === named[0] || !ALTERNATIVES.some((a) => a === key),
    ),
  );
}

/** `defaults` merged under each entry: `entry` over `defaults`, with the same rule for images. */
export function mergeEntry(defaults: unknown, entry: unknown): unknown {
  return mergeValues(dropReplaced(defaults, entry), entry);
}

/**
 * The file that a value came from: the first layer that has it, or has it in `defaults`, or else the
 * one that has most of its path.
 */
export function sourceOf(layers: readonly Layer[], path: Path): string | undefined {
  const inDefaults = defaultsPath(path);
  const whole = layers.find(
    ({ value }) =>
      at(value, path) !== undefined ||
      (inDefaults !== undefined && at(value, inDefaults) !== undefined),
  );
  if (whole !== undefined) return whole.source;
  return path.length > 1 ? sourceOf(layers, path.slice(0, -1)) : undefined;
}

function defaultsPath(path: Path): Path | undefined {
  const [section, , ...rest] = path;
  if (rest.length === 0) return undefined;
  if (section === "databases") return ["defaults", "database", ...rest];
  if (section === "services") return ["defaults", "service", ...rest];
  return undefined;
}

/** The problems with the files that their values came from. */
export function withSources(layers: readonly Layer[], problems: readonly Problem[]): Problem[] {
  return problems.map((problem) => {
    const source = problem.source ?? sourceOf(layers, problem.path);
    return source === undefined ? problem : { ...problem, source };
  });
}
