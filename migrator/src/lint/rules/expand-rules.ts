import type { DropStmt, Node, RenameStmt } from "libpg-query";
import type { Draft } from "../finding.ts";
import { ident, nameKey, nameParts, sqlName, tableKey, tableName } from "../names.ts";
import { madeBy } from "../progress.ts";
import { isOthers, type Scene, type Step, tableCommands } from "../scene.ts";

/** Kinds of objects that queries name, by the parser's word for them. */
const USED: Readonly<Record<string, string>> = {
  OBJECT_ATTRIBUTE: "attribute",
  OBJECT_COLUMN: "column",
  OBJECT_DOMAIN: "domain",
  OBJECT_FOREIGN_TABLE: "foreign table",
  OBJECT_FUNCTION: "function",
  OBJECT_MATVIEW: "materialized view",
  OBJECT_PROCEDURE: "procedure",
  OBJECT_ROUTINE: "routine",
  OBJECT_SCHEMA: "schema",
  OBJECT_SEQUENCE: "sequence",
  OBJECT_TABLE: "table",
  OBJECT_TYPE: "type",
  OBJECT_VIEW: "view",
};

/** Those of them that `pg_locks` shows as relations. */
const RELATIONS = ["OBJECT_FOREIGN_TABLE", "OBJECT_MATVIEW", "OBJECT_TABLE", "OBJECT_VIEW"];

/** Renames and drops that old code does not survive, and drops that take more than they name. */
export function expandRules(step: Step, scene: Scene): Draft[] {
  const { tree } = step;
  if ("RenameStmt" in tree) return scene.phase === "expand" ? renamed(tree.RenameStmt, scene) : [];
  if ("AlterObjectSchemaStmt" in tree && scene.phase === "expand") {
    const { relation, objectType = "OBJECT_TABLE", newschema = "" } = tree.AlterObjectSchemaStmt;
    const kind = USED[objectType];
    if (kind === undefined || (relation !== undefined && !isOthers(scene, relation))) return [];
    const message = `running code looks for this ${kind} where it was, not in ${ident(newschema)}`;
    return [{ rule: "rename-in-expand", message }];
  }
  if ("DropStmt" in tree) return dropped(tree.DropStmt, scene);
  return tableCommands(step, scene).flatMap(({ command, table }): Draft[] => {
    if (command.subtype !== "AT_DropColumn") return [];
    const lock = { mode: "ACCESS EXCLUSIVE", table } as const;
    const column = ident(command.name ?? "");
    const drafts: Draft[] = [];
    if (scene.phase === "expand") {
      drafts.push({
        rule: "drop-in-expand",
        message: `running code still uses the column ${column} of ${table}; a prepared "select *" is enough`,
        lock,
        safe: contract(step.text),
      });
    }
    if (command.behavior === "DROP_CASCADE") {
      const message =
        "views, keys and functions that use it go too, and this file does not say which";
      drafts.push({ rule: "drop-cascade", message, lock });
    }
    return drafts;
  });
}

function renamed(
  { renameType = "OBJECT_TABLE", relation, subname, newname = "" }: RenameStmt,
  scene: Scene,
): Draft[] {
  const kind = USED[renameType];
  if (kind === undefined || (relation !== undefined && !isOthers(scene, relation))) return [];
  const table = relation === undefined ? null : tableName(relation);
  const old = ident(subname ?? relation?.relname ?? "");
  const isColumn = renameType === "OBJECT_COLUMN" && table !== null;
  const safe = isColumn
    ? `alter table ${table} add column ${ident(newname)} …;
-- write both columns from the service, fill the old rows, read ${ident(newname)};
-- drop ${old} in a contract migration`
    : renameType === "OBJECT_TABLE" && table !== null
      ? `alter table ${table} rename to ${ident(newname)};
create view ${table} as select * from ${ident(newname)}; -- the old name, for running code; drop it in a contract migration
-- and above the rename, with the view in the same file:
-- tidegate: allow rename-in-expand because a view keeps the old name`
      : undefined;
  return [
    {
      rule: "rename-in-expand",
      message: `running code knows the ${kind} ${old} by its old name`,
      ...(table === null ? {} : { lock: { mode: "ACCESS EXCLUSIVE", table } as const }),
      ...(safe === undefined ? {} : { safe }),
    },
  ];
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
  const drafts: Draft[] = [];
  if (scene.phase === "expand") {
    const list = names.map(sqlName).join(", ");
    const message = `running code may still use the ${kind} ${list}`;
    const safe = contract(scene.steps[scene.at]?.text ?? "");
    drafts.push({ rule: "drop-in-expand", message, ...lock, safe });
  }
  if (behavior === "DROP_CASCADE") {
    const message = `what depends on the ${kind} goes too, and this file does not say what that is`;
    drafts.push({ rule: "drop-cascade", message, ...lock });
  }
  return drafts;
}

function isReplaceable(tree: Node): boolean {
  return "ViewStmt" in tree || "CreateFunctionStmt" in tree;
}

/** `DROP VIEW v; CREATE VIEW v …` in one transaction is how a view changes: nobody sees it missing. */
function isMadeAgain(parts: readonly string[], scene: Scene): boolean {
  if (!scene.transaction) return false;
  return scene.steps
    .slice(scene.at + 1)
    .some(({ tree }) => isReplaceable(tree) && madeBy(tree).includes(nameKey(parts)));
}

function contract(text: string): string {
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
