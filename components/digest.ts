import { createHash } from "node:crypto";

/**
 * A short digest of plain data, the same whatever the order of its keys. Eight
 * hex digits (32 bits): a collision needs two successive settings of one database that meet by chance
 * (1 in 4 billion).
 */
export function digestOf(value: unknown): string {
  return createHash("sha256").update(canonical(value)).digest("hex").slice(0, 8);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, node: unknown) =>
    node !== null && typeof node === "object" && !Array.isArray(node)
      ? Object.fromEntries(Object.entries(node).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : node,
  );
}
