import type { Constraint, Node, RangeVar } from "libpg-query";
import type { TakenLock } from "./finding.ts";
import { blocksWrites, LOCK_MODES, type LockMode, stronger } from "./locks.ts";
import { keyName, nameParts, tableKey, tableName } from "./names.ts";
import { commandLock, isOthers, type Scene, type Step, tableCommands } from "./scene.ts";

type Locked = readonly [RangeVar | undefined, LockMode];

/** Tables of others on which this statement takes a lock that blocks writes. */
export function strongLocks(step: Step, scene: Scene): [RangeVar, LockMode][] {
  return [...ofCommands(step, scene), ...ofStatement(step.tree)].flatMap(([relation, mode]) =>
    relation !== undefined && isOthers(scene, relation) && blocksWrites(mode)
      ? [[relation, mode] satisfies [RangeVar, LockMode]]
      : [],
  );
}

/**
 * The lock of an earlier statement that this transaction holds meanwhile: on this table, or the strongest
 * on another one; `null`: none that blocks writes.
 */
export function heldLock(scene: Scene, relation: RangeVar | undefined): TakenLock | null {
  const own = scene.held.get(tableKey(relation));
  if (own !== undefined) return { mode: own, table: tableName(relation) };
  let found: TakenLock | null = null;
  for (const [key, mode] of scene.held) {
    if (found !== null && stronger(found.mode, mode) === found.mode) continue;
    found = { mode, table: keyName(key) };
  }
  return found;
}

function ofCommands(step: Step, scene: Scene): Locked[] {
  // Of a table that this migration made, the table that it refers to is still one of others.
  const { tree } = step;
  const cmds =
    "AlterTableStmt" in tree && tree.AlterTableStmt.objtype === "OBJECT_TABLE"
      ? (tree.AlterTableStmt.cmds ?? [])
      : [];
  const others = cmds.flatMap((node): Locked[] => {
    if (!("AlterTableCmd" in node)) return [];
    const { subtype, def } = node.AlterTableCmd;
    if (def === undefined) return [];
    if (subtype === "AT_AttachPartition" && "PartitionCmd" in def) {
      return [[def.PartitionCmd.name, "ACCESS EXCLUSIVE"]];
    }
    return referred([def]);
  });
  const own = tableCommands(step, scene).map(({ relation, command }): Locked => [
    relation,
    commandLock(command),
  ]);
  return [...own, ...others];
}

/** The tables that new foreign keys refer to: `ATAddForeignKeyConstraint` locks both sides alike. */
function referred(elements: readonly Node[]): Locked[] {
  return elements.flatMap((node) => {
    if ("Constraint" in node) return ofKey(node.Constraint);
    if (!("ColumnDef" in node)) return [];
    const { constraints = [] } = node.ColumnDef;
    return constraints.flatMap((each) => ("Constraint" in each ? ofKey(each.Constraint) : []));
  });
}

function ofKey({ contype, pktable }: Constraint): Locked[] {
  return contype === "CONSTR_FOREIGN" ? [[pktable, "SHARE ROW EXCLUSIVE"]] : [];
}

function ofStatement(tree: Node): Locked[] {
  if ("CreateStmt" in tree) {
    const { tableElts = [], inhRelations = [], partbound } = tree.CreateStmt;
    const parents = partbound === undefined ? [] : relations(inhRelations);
    return [
      ...referred(tableElts),
      ...parents.map((parent): Locked => [parent, "ACCESS EXCLUSIVE"]),
    ];
  }
  if ("IndexStmt" in tree) {
    return tree.IndexStmt.concurrent === true ? [] : [[tree.IndexStmt.relation, "SHARE"]];
  }
  if ("RenameStmt" in tree) {
    const { renameType, relation } = tree.RenameStmt;
    return renameType === "OBJECT_INDEX" ? [] : [[relation, "ACCESS EXCLUSIVE"]];
  }
  if ("AlterObjectSchemaStmt" in tree) {
    return [[tree.AlterObjectSchemaStmt.relation, "ACCESS EXCLUSIVE"]];
  }
  if ("CreateTrigStmt" in tree) return [[tree.CreateTrigStmt.relation, "SHARE ROW EXCLUSIVE"]];
  if ("RuleStmt" in tree) return [[tree.RuleStmt.relation, "ACCESS EXCLUSIVE"]];
  if ("CreatePolicyStmt" in tree) return [[tree.CreatePolicyStmt.table, "ACCESS EXCLUSIVE"]];
  if ("AlterPolicyStmt" in tree) return [[tree.AlterPolicyStmt.table, "ACCESS EXCLUSIVE"]];
  if ("ClusterStmt" in tree) return [[tree.ClusterStmt.relation, "ACCESS EXCLUSIVE"]];
  if ("RefreshMatViewStmt" in tree) {
    const { relation, concurrent } = tree.RefreshMatViewStmt;
    return [[relation, concurrent === true ? "EXCLUSIVE" : "ACCESS EXCLUSIVE"]];
  }
  if ("TruncateStmt" in tree) {
    return relations(tree.TruncateStmt.relations).map((each) => [each, "ACCESS EXCLUSIVE"]);
  }
  if ("LockStmt" in tree) {
    const mode = LOCK_MODES[(tree.LockStmt.mode ?? 8) - 1] ?? "ACCESS EXCLUSIVE";
    return relations(tree.LockStmt.relations).map((each) => [each, mode]);
  }
  if ("DropStmt" in tree) {
    const { removeType = "", objects = [] } = tree.DropStmt;
    if (!OF_TABLE.includes(removeType)) return [];
    return objects.map((each) => [tableOf(nameParts(each).slice(0, -1)), "ACCESS EXCLUSIVE"]);
  }
  return [];
}

/** Objects that belong to a table, which their DROP names and locks. */
const OF_TABLE: readonly string[] = ["OBJECT_TRIGGER", "OBJECT_POLICY", "OBJECT_RULE"];

function relations(nodes: readonly Node[] = []): RangeVar[] {
  return nodes.flatMap((node) => ("RangeVar" in node ? [node.RangeVar] : []));
}

function tableOf(parts: readonly string[]): RangeVar | undefined {
  const relname = parts.at(-1);
  const schemaname = parts.at(-2);
  if (relname === undefined) return undefined;
  return { relname, ...(schemaname !== undefined && { schemaname }) };
}
