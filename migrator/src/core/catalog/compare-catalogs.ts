import type { Catalog, CatalogEntry } from "./catalog-entry.ts";

/** One fact in which two schemas differ. */
export interface CatalogDifference {
  readonly object: string;
  readonly key: string;
  /** What the first has; `null`: nothing of that key. */
  readonly left: string | null;
  readonly right: string | null;
}

/**
 * The facts in which two schemas differ. Of an object that only one has, one difference says that, and
 * what it is made of is left out.
 */
export function compareCatalogs(left: Catalog, right: Catalog): readonly CatalogDifference[] {
  const before = byName(left);
  const after = byName(right);
  const names = [...new Set([...before.keys(), ...after.keys()])].toSorted();
  const found = names.flatMap((name): readonly CatalogDifference[] => {
    const one = before.get(name);
    const other = after.get(name);
    if (one?.text === other?.text) return [];
    const { object, key } = one ?? other ?? { object: name, key: "" };
    return [{ object, key, left: one?.text ?? null, right: other?.text ?? null }];
  });
  const alone = new Set(found.filter(({ key }) => key === "").map(({ object }) => object));
  return found.filter(({ object, key }) => key === "" || !alone.has(object));
}

function byName(catalog: Catalog): ReadonlyMap<string, CatalogEntry> {
  return new Map(catalog.map((entry) => [`${entry.object}\n${entry.key}`, entry]));
}
