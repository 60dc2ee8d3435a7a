import type { Node, RangeVar } from "libpg-query";
import type { Draft } from "../finding.ts";
import { tableKey, tableName } from "../names.ts";
import { isOthers, type Scene, type Step } from "../scene.ts";

/** Rows that are changed, settings that are switched off, and code that nobody can read. */
export function dataRules(step: Step, scene: Scene): Draft[] {
  return [
    ...allRows(step, scene),
    ...enumValue(step, scene),
    ...lockTimeout(step),
    ...advisoryLocks(step),
    ...functions(step),
  ];
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

function allRowsOf(tree: Node, scene: Scene): Draft[] {
  let relation: RangeVar | undefined;
  if ("UpdateStmt" in tree && tree.UpdateStmt.whereClause === undefined) {
    ({ relation } = tree.UpdateStmt);
  }
  if ("DeleteStmt" in tree && tree.DeleteStmt.whereClause === undefined) {
    ({ relation } = tree.DeleteStmt);
  }
  if (relation === undefined || !isOthers(scene, relation)) return [];
  const table = tableName(relation);
  const held = scene.held.get(tableKey(relation));
  const [other] = scene.held.keys();
  const why =
    held !== undefined
      ? `every row of ${table} is written while this transaction holds the lock of an earlier statement on it`
      : other !== undefined
        ? `every row of ${table} is written while this transaction holds a lock on ${other}`
        : `every row of ${table} is locked until the migration ends`;
  const mode = held ?? "ROW EXCLUSIVE";
  const safe = `-- in batches, each a transaction of its own, in a migration without DDL:
… where id in (select id from ${table} where … order by id limit 1000);`;
  return [{ rule: "all-rows", message: why, lock: { mode, table }, safe }];
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

const OFF = "queries queue behind this migration for as long as it waits for a lock";

function lockTimeout({ tree, text }: Step): Draft[] {
  const draft: Draft = { rule: "no-lock-timeout", message: OFF };
  if ("VariableSetStmt" in tree) {
    const { kind, name, args = [] } = tree.VariableSetStmt;
    if (kind === "VAR_RESET_ALL") return [draft];
    if (name !== "lock_timeout") return [];
    if (kind !== "VAR_SET_VALUE") return [draft];
    const [value] = args;
    if (value === undefined || !("A_Const" in value)) return [];
    const { ival, sval } = value.A_Const;
    const isZero =
      ival !== undefined ? (ival.ival ?? 0) === 0 : /^\s*0+\s*[a-z]*\s*$/.test(sval?.sval ?? "");
    return isZero ? [draft] : [];
  }
  if (!("SelectStmt" in tree)) return [];
  return /\bset_config\s*\(\s*'lock_timeout'\s*,\s*'0\s*[a-z]*'/i.test(text) ? [draft] : [];
}

const RELEASES_ALL = "pg_advisory_unlock_all";

function advisoryLocks({ tree, text }: Step): Draft[] {
  const releases =
    "DiscardStmt" in tree
      ? tree.DiscardStmt.target === "DISCARD_ALL"
      : "DoStmt" in tree
        ? text.includes(RELEASES_ALL)
        : calls(tree, RELEASES_ALL);
  if (!releases) return [];
  const message = "every advisory lock of the session goes, the one that keeps other runs out too";
  const safe = "select pg_advisory_unlock(KEY); -- of each lock that this migration took itself";
  return [{ rule: "migration-lock-released", message, safe }];
}

/** Whether a call of the function is anywhere in it; the body of a function that is made is text. */
function calls(node: unknown, name: string): boolean {
  if (Array.isArray(node)) return node.some((each) => calls(each, name));
  if (typeof node !== "object" || node === null) return false;
  return Object.entries(node).some(([key, value]) =>
    key === "FuncCall" && typeof value === "object" && value !== null && "funcname" in value
      ? JSON.stringify(value.funcname).includes(`"${name}"`) || calls(Object.values(value), name)
      : calls(value, name),
  );
}

function functions({ tree, text }: Step): Draft[] {
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
  if ("DoStmt" in tree && /\bexecute\b/i.test(text)) {
    const message = "EXECUTE sends SQL that is made at run time: this part is not judged";
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
