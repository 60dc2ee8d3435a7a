import type { Node, RangeVar } from "libpg-query";

/** `schema.table` in lower case where it was not quoted; `public` is left out, so that both spellings meet. */
export function nameKey(parts: readonly string[]): string {
  const known = parts[0] === "public" && parts.length > 1 ? parts.slice(1) : parts;
  return known.join(".");
}

export function tableKey(relation: RangeVar | undefined): string {
  return nameKey(partsOf(relation));
}

/** A key as SQL again; `public` stays away. */
export function keyName(key: string): string {
  return sqlName(key.split("."));
}

/** As SQL, quoted where it must be. */
export function tableName(relation: RangeVar | undefined): string {
  return sqlName(partsOf(relation));
}

function partsOf(relation: RangeVar | undefined): string[] {
  return [relation?.schemaname, relation?.relname].filter((part) => part !== undefined);
}

/** The parts of a name in a list of strings (`DROP TABLE`, type names, functions). */
export function nameParts(node: Node | undefined): string[] {
  if (node === undefined) return [];
  if ("String" in node) return [node.String.sval ?? ""];
  if ("List" in node) return (node.List.items ?? []).flatMap(nameParts);
  if ("TypeName" in node) return (node.TypeName.names ?? []).flatMap(nameParts);
  if ("ObjectWithArgs" in node) return (node.ObjectWithArgs.objname ?? []).flatMap(nameParts);
  return [];
}

export function sqlName(parts: readonly string[]): string {
  return parts.map(ident).join(".");
}

export function ident(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

/** Postgres cuts longer names off. Source: `NAMEDATALEN`. */
const LONGEST_NAME = 63;

/** The name that Postgres itself would give (`orders_amount_check`), but for its ways to shorten one. */
export function usualName(
  relation: RangeVar | undefined,
  columns: readonly string[],
  kind: string,
): string {
  const end = `_${kind}`;
  const start = [relation?.relname ?? "", ...columns].join("_");
  return ident(start.slice(0, LONGEST_NAME - end.length) + end);
}
