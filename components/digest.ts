import { createHash } from "node:crypto";

/**
 * A short digest of plain data, the same whatever the order of its keys. It stands in logical names:
 * 10 hex digits (40 bits) keep names short, and a collision would need two settings of one database
 * that meet by chance (1 in 10^12).
 */
export function digestOf(value: unknown): string {
  return createHash("sha256").update(canonical(value)).digest("hex").slice(0, 10);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, node: unknown) =>
    node !== null && typeof node === "object" && !Array.isArray(node)
      ? Object.fromEntries(Object.entries(node).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : node,
  );
}
