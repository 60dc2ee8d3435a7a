import type { AlterObjectSchemaStmt, Node, RenameStmt } from "libpg-query";
import type { Draft } from "../finding.ts";
import { ident, nameKey, nameParts, sqlName, tableName } from "../names.ts";
import { isOthers, type Scene, type Step } from "../scene.ts";
import { contract } from "./expand-rules.ts";
import { RELATIONS, USED } from "./used-objects.ts";

/** Names that running code knows, and that are no longer there. */
export function renameRules({ tree, text }: Step, scene: Scene): Draft[] {
  if (scene.phase !== "expand") return [];
  if ("RenameStmt" in tree) return renamed(tree.RenameStmt, scene, text);
  if ("AlterObjectSchemaStmt" in tree) return moved(tree.AlterObjectSchemaStmt, scene, text);
  if ("AlterEnumStmt" in tree) {
    const { typeName = [], oldVal } = tree.AlterEnumStmt;
    const parts = typeName.flatMap(nameParts);
    if (oldVal === undefined || scene.created.has(nameKey(parts))) return [];
    const message = `running code knows the value '${oldVal}' of ${sqlName(parts)} by its old name`;
    const safe = `alter type ${sqlName(parts)} add value '${tree.AlterEnumStmt.newVal ?? ""}';
-- read both values, then write the new one; or, once no running code knows the old one:
${contract(text)}`;
    return [{ rule: "rename-in-expand", message, safe }];
  }
  return [];
}

/** The name of what a statement is about; `null`: this migration made it. */
function nameOf(
  { relation, object, subname }: Pick<RenameStmt, "relation" | "object" | "subname">,
  scene: Scene,
): string | null {
  if (relation !== undefined) return isOthers(scene, relation) ? tableName(relation) : null;
  const parts = objectParts(object) ?? [subname ?? ""];
  return scene.created.has(nameKey(parts)) ? null : sqlName(parts);
}

function objectParts(object: Node | undefined): string[] | undefined {
  return object === undefined ? undefined : nameParts(object);
}

function renamed(statement: RenameStmt, scene: Scene, text: string): Draft[] {
  const { renameType = "OBJECT_TABLE", relationType = "", relation, subname } = statement;
  const kind = USED[renameType];
  const owner = nameOf(statement, scene);
  if (kind === undefined || owner === null) return [];
  const isPart = renameType === "OBJECT_COLUMN" || renameType === "OBJECT_ATTRIBUTE";
  const what = isPart ? `${ident(subname ?? "")} of ${owner}` : owner;
  const isLocked = relation !== undefined && renameType !== "OBJECT_ATTRIBUTE";
  return [
    {
      rule: "rename-in-expand",
      message: `running code knows the ${kind} ${what} by its old name`,
      ...(isLocked && { lock: { mode: "ACCESS EXCLUSIVE", table: owner } as const }),
      safe: renameWay(statement, owner, relationType, text),
    },
  ];
}

function renameWay(
  { renameType, relation, subname, newname = "" }: RenameStmt,
  owner: string,
  relationType: string,
  text: string,
): string {
  const fresh = ident(newname);
  if (renameType === "OBJECT_COLUMN" && relationType === "OBJECT_TABLE") {
    return `alter table ${owner} add column ${fresh} …;
-- write both columns from the service, fill the old rows, read ${fresh};
-- drop ${ident(subname ?? "")} in a contract migration`;
  }
  if (renameType === "OBJECT_COLUMN" && relationType === "OBJECT_VIEW") {
    return `create or replace view ${owner} as select …; -- with ${fresh} as one more column, at the end
-- drop ${ident(subname ?? "")} in a contract migration`;
  }
  const schema = relation?.schemaname;
  const beside = sqlName(schema === undefined ? [newname] : [schema, newname]);
  if (renameType === "OBJECT_TABLE") {
    return `-- above the rename, in one file with the view:
-- tidegate: allow rename-in-expand because a view keeps the old name
alter table ${owner} rename to ${fresh};
create view ${owner} as select * from ${beside}; -- for running code; drop it in a contract migration`;
  }
  if (renameType === "OBJECT_VIEW") {
    return `create view ${beside} as select …; -- the same query; drop ${owner} in a contract migration`;
  }
  return `-- make another one under the new name, for the new code to use, and drop the old one in a contract migration; or
${contract(text)}`;
}

function moved(statement: AlterObjectSchemaStmt, scene: Scene, text: string): Draft[] {
  const { relation, objectType = "OBJECT_TABLE", newschema = "" } = statement;
  const kind = USED[objectType];
  const name = nameOf(statement, scene);
  if (kind === undefined || name === null) return [];
  const isLocked = relation !== undefined && RELATIONS.includes(objectType);
  return [
    {
      rule: "rename-in-expand",
      message: `running code looks for the ${kind} ${name} where it was, not in ${ident(newschema)}`,
      ...(isLocked && { lock: { mode: "ACCESS EXCLUSIVE", table: name } as const }),
      safe: moveWay(objectType, name, newschema, text),
    },
  ];
}

function moveWay(objectType: string, name: string, newschema: string, text: string): string {
  if (objectType !== "OBJECT_TABLE") return contract(text);
  const parts = name.split(".");
  return `-- above the statement, in one file with the view:
-- tidegate: allow rename-in-expand because a view stays where it was
${text.trim()};
create view ${name} as select * from ${ident(newschema)}.${parts.at(-1) ?? name}; -- for running code; drop it in a contract migration`;
}
