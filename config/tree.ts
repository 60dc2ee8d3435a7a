import type { Path } from "./problem.ts";

/** An object of a parsed YAML or JSON file. */
export type Tree = { readonly [key: string]: unknown };

/** Whether `value` is an object with keys, not a list and not empty. */
export function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value at `path`; `undefined` where there is none. */
export function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, key) => {
    if (Array.isArray(inner))
      return typeof key === "number" ? (inner as unknown[])[key] : undefined;
    return isTree(inner) && Object.hasOwn(inner, key) ? inner[key] : undefined;
  }, value);
}

/**
 * A copy of `value` without what stands at `path`. Of a list the whole list goes, as its other
 * elements would get other places.
 */
export function without(value: unknown, path: Path): unknown {
  const [key, ...rest] = path;
  if (key === undefined || !isTree(value)) return undefined;
  const { [key]: inner, ...others } = value;
  const kept = without(inner, rest);
  if (kept === undefined) return others;
  // Rebuilt in place, so that a key keeps its position: the order of databases is the file's.
  return Object.fromEntries(
    Object.entries(value).map(([name, own]) => [name, name === key ? kept : own]),
  );
}

/** `upper` merged over `lower`: objects by key, everything else is replaced. */
export function mergeTrees(lower: Tree, upper: Tree): Tree {
  const merged: Record<string, unknown> = { ...lower };
  for (const [key, value] of Object.entries(upper)) {
    define(merged, key, mergeValues(Object.hasOwn(lower, key) ? lower[key] : undefined, value));
  }
  return merged;
}

/** The same for values that may be anything; `undefined` replaces nothing. */
export function mergeValues(lower: unknown, upper: unknown): unknown {
  if (upper === undefined) return lower;
  return isTree(lower) && isTree(upper) ? mergeTrees(lower, upper) : upper;
}

/** The same with keys in alphabetical order, as Pulumi hands over a stack's values. */
export function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!isTree(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .toSorted()
      .map((key) => [key, sortKeys(value[key])]),
  );
}

/** Sets an own key even where its name is `__proto__`, which a plain assignment would not. */
function define(target: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(target, key, {
    value,
    enumerable: true,
    writable: true,
    configurable: true,
  });
}
