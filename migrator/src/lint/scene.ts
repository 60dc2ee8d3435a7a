import type { AlterTableCmd, Node, RangeVar } from "libpg-query";
import type { Phase } from "../bundle/types.ts";
import type { LockMode } from "./locks.ts";
import { tableKey, tableName } from "./names.ts";

/** One statement that is judged. */
export interface Step {
  readonly tree: Node;
  readonly text: string;
  /** Stands in a `DO` block, which is one transaction whatever the file is; default `false`. */
  readonly inBlock?: true;
}

/** What the statements before, of this migration and of the folder, have done. */
export interface Scene {
  readonly phase: Phase;
  readonly transaction: boolean;
  /** Every statement of the migration. */
  readonly steps: readonly Step[];
  /** Place of the statement that is judged. */
  readonly at: number;
  /** Keys of tables, views, types, indexes and functions that this migration made before `at`. */
  readonly created: ReadonlySet<string>;
  /** Enum values that this migration added before `at`, to types that it did not make. */
  readonly enumValues: ReadonlySet<string>;
  /** Tables of others that this transaction holds a lock on that blocks writes. */
  readonly held: ReadonlyMap<string, LockMode>;
  /** `table.column` that a validated `CHECK (column IS NOT NULL)` proves free of NULL. */
  readonly provenNotNull: ReadonlySet<string>;
  /** Tables with a validated check: one may spare the reading of their rows. */
  readonly checked: ReadonlySet<string>;
}

/** Whether a table is one that others may use: not made by this migration. */
export function isOthers(scene: Scene, relation: RangeVar | undefined): boolean {
  return relation !== undefined && !scene.created.has(tableKey(relation));
}

/** A command of an `ALTER TABLE` on a table that others may use. */
export interface TableCommand {
  readonly table: string;
  readonly relation: RangeVar;
  readonly command: AlterTableCmd;
  /** Whether the statement has no other command, so that its text can be completed. */
  readonly only: boolean;
}

/** The commands of an `ALTER TABLE` on a table of others; empty for everything else. */
export function tableCommands(step: Step, scene: Scene): TableCommand[] {
  if (!("AlterTableStmt" in step.tree)) return [];
  const { relation, cmds = [], objtype } = step.tree.AlterTableStmt;
  if (objtype !== "OBJECT_TABLE" || relation === undefined || !isOthers(scene, relation)) return [];
  const table = tableName(relation);
  return cmds.flatMap((node) =>
    "AlterTableCmd" in node
      ? [{ table, relation, command: node.AlterTableCmd, only: cmds.length === 1 }]
      : [],
  );
}

/** Commands of `ALTER TABLE` that do not take `ACCESS EXCLUSIVE`. Source: `AlterTableGetLockLevel`. */
const WEAKER: Readonly<Record<string, LockMode>> = {
  AT_ValidateConstraint: "SHARE UPDATE EXCLUSIVE",
  AT_SetStatistics: "SHARE UPDATE EXCLUSIVE",
  AT_SetRelOptions: "SHARE UPDATE EXCLUSIVE",
  AT_ResetRelOptions: "SHARE UPDATE EXCLUSIVE",
  AT_SetOptions: "SHARE UPDATE EXCLUSIVE",
  AT_ResetOptions: "SHARE UPDATE EXCLUSIVE",
  AT_ClusterOn: "SHARE UPDATE EXCLUSIVE",
  AT_DropCluster: "SHARE UPDATE EXCLUSIVE",
  AT_AttachPartition: "SHARE UPDATE EXCLUSIVE",
  AT_EnableTrig: "SHARE ROW EXCLUSIVE",
  AT_DisableTrig: "SHARE ROW EXCLUSIVE",
  AT_EnableTrigAll: "SHARE ROW EXCLUSIVE",
  AT_DisableTrigAll: "SHARE ROW EXCLUSIVE",
};

/** The lock that a command of `ALTER TABLE` takes on its table. */
export function commandLock({ subtype = "AT_AddColumn", def }: AlterTableCmd): LockMode {
  if (subtype === "AT_AddConstraint" && def !== undefined && "Constraint" in def) {
    return def.Constraint.contype === "CONSTR_FOREIGN" ? "SHARE ROW EXCLUSIVE" : "ACCESS EXCLUSIVE";
  }
  if (subtype === "AT_DetachPartition" && def !== undefined && "PartitionCmd" in def) {
    return def.PartitionCmd.concurrent === true ? "SHARE UPDATE EXCLUSIVE" : "ACCESS EXCLUSIVE";
  }
  return WEAKER[subtype] ?? "ACCESS EXCLUSIVE";
}
