import type { Node, RangeVar } from "libpg-query";
import type { Draft } from "../finding.ts";
import { tableName } from "../names.ts";
import { isOthers, type Scene, type Step } from "../scene.ts";
import { heldLock } from "../strong-locks.ts";

/** Rows that are changed, settings that are switched off, and code that nobody can read. */
export function dataRules(step: Step, scene: Scene): Draft[] {
  return [...allRows(step, scene), ...enumValue(step, scene), ...functions(step)];
}

function allRows({ tree }: Step, scene: Scene): Draft[] {
  return withQueries(tree).flatMap((each) => allRowsOf(each, scene));
}

/** The statement and those in its WITH, which may write too. */
function withQueries(tree: Node): Node[] {
  const clause =
    "SelectStmt" in tree
      ? tree.SelectStmt.withClause
      : "InsertStmt" in tree
        ? tree.InsertStmt.withClause
        : "UpdateStmt" in tree
          ? tree.UpdateStmt.withClause
          : "DeleteStmt" in tree
            ? tree.DeleteStmt.withClause
            : undefined;
  const queries = (clause?.ctes ?? []).flatMap((node) =>
    "CommonTableExpr" in node ? (node.CommonTableExpr.ctequery ?? []) : [],
  );
  return [tree, ...queries.flatMap(withQueries)];
}

/** The table of an `UPDATE` or `DELETE` without a condition. */
export function allRowsTable(tree: Node): RangeVar | undefined {
  if ("UpdateStmt" in tree && tree.UpdateStmt.whereClause === undefined) {
    return tree.UpdateStmt.relation;
  }
  if ("DeleteStmt" in tree && tree.DeleteStmt.whereClause === undefined) {
    return tree.DeleteStmt.relation;
  }
  return undefined;
}

function allRowsOf(tree: Node, scene: Scene): Draft[] {
  const relation = allRowsTable(tree);
  if (relation === undefined || !isOthers(scene, relation)) return [];
  const table = tableName(relation);
  const held = heldLock(scene, relation);
  const why =
    held === null
      ? `every row of ${table} is locked until the migration ends`
      : held.table === table
        ? `every row of ${table} is written while this transaction holds the lock of an earlier statement on it`
        : `every row of ${table} is written while this transaction holds a lock on ${held.table}`;
  const safe = `-- in batches, each a transaction of its own, in a migration without DDL:
… where id in (select id from ${table} where … order by id limit 1000);`;
  const lock = held ?? { mode: "ROW EXCLUSIVE", table };
  return [{ rule: "all-rows", message: why, lock, safe }];
}

function enumValue({ tree }: Step, scene: Scene): Draft[] {
  if (!scene.transaction || scene.enumValues.size === 0 || "AlterEnumStmt" in tree) return [];
  const used = literals(tree).find((text) => scene.enumValues.has(text));
  if (used === undefined) return [];
  const message = `'${used}' was added to its type in this transaction, and can be used only after it`;
  return [
    { rule: "enum-value-used", message, safe: "-- move this statement into the next migration" },
  ];
}

function literals(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(literals);
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) => {
    if (key === "A_Const" && typeof value === "object" && value !== null && "sval" in value) {
      const { sval } = value;
      if (typeof sval === "object" && sval !== null && "sval" in sval) return [String(sval.sval)];
    }
    return literals(value);
  });
}

function functions({ tree }: Step): Draft[] {
  if ("CreateFunctionStmt" in tree) {
    const options = (tree.CreateFunctionStmt.options ?? []).flatMap((node) =>
      "DefElem" in node ? [node.DefElem] : [],
    );
    const definer = options.some(
      ({ defname, arg }) =>
        defname === "security" &&
        arg !== undefined &&
        "Boolean" in arg &&
        arg.Boolean.boolval === true,
    );
    const path = options.some(
      ({ defname, arg }) =>
        defname === "set" &&
        arg !== undefined &&
        "VariableSetStmt" in arg &&
        arg.VariableSetStmt.name === "search_path",
    );
    if (!definer || path) return [];
    const message = "whoever calls it decides where its names are looked up, and runs as its owner";
    const safe = "… security definer set search_path = pg_catalog, public …";
    return [{ rule: "security-definer-without-search-path", message, safe }];
  }
  if ("CallStmt" in tree) {
    const message = "CALL runs a procedure: its statements are not judged";
    return [{ rule: "unread-code", message }];
  }
  if ("GrantStmt" in tree && tree.GrantStmt.is_grant === true) {
    const isPublic = (tree.GrantStmt.grantees ?? []).some(
      (node) => "RoleSpec" in node && node.RoleSpec.roletype === "ROLESPEC_PUBLIC",
    );
    const message = "every login that may connect gets this right";
    return isPublic ? [{ rule: "grant-to-public", message }] : [];
  }
  return [];
}
