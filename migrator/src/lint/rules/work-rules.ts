import type { Node, RangeVar } from "libpg-query";
import type { Draft } from "../finding.ts";
import { tableKey, tableName } from "../names.ts";
import { isOthers, type Scene, type Step } from "../scene.ts";
import { heldLock } from "../strong-locks.ts";
import { allRowsTable } from "./data-rules.ts";

/** Rows that are written or copied while a lock of an earlier statement keeps others out. */
export function workRules(step: Step, scene: Scene): Draft[] {
  const { tree, text } = step;
  const work = workOf(tree);
  if (!scene.transaction || work === null) return [];
  // That rule says the lock as well.
  if (isOthers(scene, allRowsTable(tree))) return [];
  const { used, other } = relationsOf(tree);
  // Rows of tables that this migration made are those that it put there, and were counted then.
  if (!other && used.every((relation) => scene.created.has(tableKey(relation)))) return [];
  const lock = heldLock(scene, work.target);
  if (lock === null) return [];
  const message = `${work.what} while this transaction holds the lock of an earlier statement on ${lock.table ?? "a table"}`;
  const safe = `-- in a migration of its own, large tables in batches:\n${text.trim()};`;
  return [{ rule: "work-behind-lock", message, lock, safe }];
}

interface Work {
  /** As the beginning of a sentence. */
  readonly what: string;
  readonly target: RangeVar | undefined;
}

/** What a statement does with many rows; `null`: it touches none, or those that it states itself. */
function workOf(tree: Node): Work | null {
  if ("UpdateStmt" in tree) {
    const target = tree.UpdateStmt.relation;
    return { what: `rows of ${tableName(target)} are searched and written`, target };
  }
  if ("DeleteStmt" in tree) {
    const target = tree.DeleteStmt.relation;
    return { what: `rows of ${tableName(target)} are searched and deleted`, target };
  }
  if ("MergeStmt" in tree) {
    const target = tree.MergeStmt.relation;
    return { what: `rows are merged into ${tableName(target)}`, target };
  }
  if ("InsertStmt" in tree) {
    const { relation: target, selectStmt, withClause } = tree.InsertStmt;
    const reads = selectStmt !== undefined && readsTables([selectStmt, withClause]);
    return reads
      ? { what: `what a query finds is copied into ${tableName(target)}`, target }
      : null;
  }
  if ("CreateTableAsStmt" in tree) {
    const { into, query } = tree.CreateTableAsStmt;
    if (into?.skipData === true || !readsTables(query)) return null;
    return { what: `what a query finds is copied into ${tableName(into?.rel)}`, target: undefined };
  }
  if ("CopyStmt" in tree) {
    const { relation: target, is_from: from } = tree.CopyStmt;
    const name = target === undefined ? "a query" : tableName(target);
    return { what: `the rows of ${name} are copied ${from === true ? "in" : "out"}`, target };
  }
  return null;
}

function readsTables(query: unknown): boolean {
  const { used, other } = relationsOf(query);
  return used.length > 0 || other;
}

/**
 * The tables that a statement names, those of its own WITH left out.
 *
 * @returns `other`: rows come from where no table is named (a file)
 */
function relationsOf(tree: unknown): { used: RangeVar[]; other: boolean } {
  const used: RangeVar[] = [];
  const own = new Set<string>();
  let other = false;
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(visit);
    if (typeof value !== "object" || value === null) return;
    if ("ctename" in value && typeof value.ctename === "string") own.add(value.ctename);
    if ("is_from" in value) other = true;
    if ("relname" in value && typeof value.relname === "string") {
      const schema = "schemaname" in value ? value.schemaname : undefined;
      used.push({
        relname: value.relname,
        ...(typeof schema === "string" && { schemaname: schema }),
      });
    }
    Object.values(value).forEach(visit);
  };
  visit(tree);
  const named = used.filter(
    ({ schemaname, relname = "" }) => schemaname !== undefined || !own.has(relname),
  );
  return { used: named, other };
}
