import type { DropStmt, Node, RoleSpec } from "libpg-query";
import type { Draft, TakenLock } from "../finding.ts";
import { ident, nameKey, nameParts, sqlName, tableKey, tableName } from "../names.ts";
import { madeBy } from "../progress.ts";
import { isOthers, type Scene, type Step, tableCommands } from "../scene.ts";
import { RELATIONS, USED } from "./used-objects.ts";

/** Drops that old code does not survive, and those that take more than they name. */
export function expandRules(step: Step, scene: Scene): Draft[] {
  const { tree, text } = step;
  if ("DropStmt" in tree) return dropped(tree.DropStmt, scene);
  if ("DropOwnedStmt" in tree) {
    const { roles = [], behavior } = tree.DropOwnedStmt;
    const names = roles.map((node) => ("RoleSpec" in node ? roleName(node.RoleSpec) : ""));
    const message = `running code may still use what ${names.join(", ")} owns, and loses the rights that were granted to it`;
    return drops({ message, cascade: behavior === "DROP_CASCADE", what: "it" }, scene, text);
  }
  if ("DropdbStmt" in tree) {
    const message = `running code may still use the database ${ident(tree.DropdbStmt.dbname ?? "")}`;
    return drops({ message, cascade: false, what: "it" }, scene, text);
  }
  return columns(step, scene);
}

interface Drop {
  readonly message: string;
  readonly cascade: boolean;
  /** What others depend on. */
  readonly what: string;
  readonly lock?: TakenLock;
}

function drops({ message, cascade, what, lock }: Drop, scene: Scene, text: string): Draft[] {
  const locked = lock === undefined ? {} : { lock };
  const drafts: Draft[] = [];
  if (scene.phase === "expand") {
    drafts.push({ rule: "drop-in-expand", message, ...locked, safe: contract(text) });
  }
  if (cascade) {
    const unnamed = `what depends on ${what} goes too, and this file does not say what that is`;
    drafts.push({ rule: "drop-cascade", message: unnamed, ...locked, safe: restrict(text) });
  }
  return drafts;
}

/** Columns of tables and foreign tables, and attributes of composite types. */
function columns({ tree, text }: Step, scene: Scene): Draft[] {
  if (!("AlterTableStmt" in tree)) return [];
  const { relation, cmds = [], objtype = "OBJECT_TABLE" } = tree.AlterTableStmt;
  if (!isOthers(scene, relation)) return [];
  const owner = tableName(relation);
  const isType = objtype === "OBJECT_TYPE";
  return cmds.flatMap((node): Draft[] => {
    if (!("AlterTableCmd" in node) || node.AlterTableCmd.subtype !== "AT_DropColumn") return [];
    const { name = "", behavior } = node.AlterTableCmd;
    const column = ident(name);
    const message = isType
      ? `running code still uses the attribute ${column} of ${owner}`
      : `running code still uses the column ${column} of ${owner}; a prepared "select *" is enough`;
    const drop = { message, cascade: behavior === "DROP_CASCADE", what: column };
    const lock = { mode: "ACCESS EXCLUSIVE", table: owner } as const;
    return drops(isType ? drop : { ...drop, lock }, scene, text);
  });
}

function roleName({ rolename, roletype = "ROLESPEC_CURRENT_USER" }: RoleSpec): string {
  return rolename === undefined ? roletype.replace("ROLESPEC_", "").toLowerCase() : ident(rolename);
}

function dropped(statement: DropStmt, scene: Scene): Draft[] {
  const { removeType = "OBJECT_TABLE", objects = [], behavior } = statement;
  const kind = USED[removeType];
  if (kind === undefined) return [];
  const names = objects
    .map(nameParts)
    .filter((parts) => !scene.created.has(nameKey(parts)) && !isMadeAgain(parts, scene));
  const [first] = names;
  if (first === undefined) return [];
  const lock = RELATIONS.includes(removeType)
    ? { lock: { mode: "ACCESS EXCLUSIVE", table: sqlName(first) } as const }
    : {};
  const message = `running code may still use the ${kind} ${names.map(sqlName).join(", ")}`;
  const drop = { message, cascade: behavior === "DROP_CASCADE", what: `the ${kind}`, ...lock };
  return drops(drop, scene, scene.steps[scene.at]?.text ?? "");
}

function isReplaceable(tree: Node): boolean {
  return "ViewStmt" in tree || "CreateFunctionStmt" in tree || "DefineStmt" in tree;
}

/** `DROP VIEW v; CREATE VIEW v …` in one transaction is how a view changes: nobody sees it missing. */
function isMadeAgain(parts: readonly string[], scene: Scene): boolean {
  if (!scene.transaction) return false;
  return scene.steps
    .slice(scene.at + 1)
    .some(({ tree }) => isReplaceable(tree) && madeBy(tree).includes(nameKey(parts)));
}

/** The statement without its CASCADE: it fails and lists what depends on it. */
function restrict(text: string): string {
  const plain = text.trim().replace(/\s+cascade$/i, "");
  return `-- drop first what depends on it, each by its name; without CASCADE the statement fails and lists it:\n${plain};`;
}

/** The statement in a contract migration. */
export function contract(text: string): string {
  return `-- tidegate:phase contract, in a file of its own\n${text.trim()};`;
}

/** Keys of tables that an `ALTER TABLE` of others' touches; for the rule of two locks. */
export function twoTables(step: Step, scene: Scene): Draft[] {
  const [first] = tableCommands(step, scene);
  if (!scene.transaction || first === undefined) return [];
  const others = [...scene.held.keys()].filter((key) => key !== tableKey(first.relation));
  const [held] = others;
  if (held === undefined || scene.held.has(tableKey(first.relation))) return [];
  const message = `this transaction holds a lock on ${held} while it waits for one on ${first.table}`;
  const lock = { mode: "ACCESS EXCLUSIVE", table: first.table } as const;
  const safe = `-- in a migration of its own:\n${step.text.trim()};`;
  return [{ rule: "two-tables-locked", message, lock, safe }];
}
