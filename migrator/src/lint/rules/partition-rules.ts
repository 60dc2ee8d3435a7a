import type { Draft } from "../finding.ts";
import { blocksWrites } from "../locks.ts";
import { tableKey, tableName } from "../names.ts";
import { commandLock, isOthers, type Scene, type Step, tableCommands } from "../scene.ts";

/** Partitions that are attached and detached. */
export function partitionRules(step: Step, scene: Scene): Draft[] {
  return [...attached(step, scene), ...detached(step, scene)];
}

function attached({ tree, text }: Step, scene: Scene): Draft[] {
  if (!("AlterTableStmt" in tree)) return [];
  return (tree.AlterTableStmt.cmds ?? []).flatMap((node): Draft[] => {
    if (!("AlterTableCmd" in node)) return [];
    const { subtype, def } = node.AlterTableCmd;
    if (subtype !== "AT_AttachPartition" || def === undefined || !("PartitionCmd" in def))
      return [];
    const { name: partition } = def.PartitionCmd;
    // An index is attached without a look at rows.
    if (tree.AlterTableStmt.objtype !== "OBJECT_TABLE" || !isOthers(scene, partition)) return [];
    if (scene.checked.has(tableKey(partition))) return [];
    const table = tableName(partition);
    return [
      {
        rule: "attach-partition-reads-rows",
        message: `${table} can be neither read nor written while all its rows are compared with the bounds, nor can the default partition, if there is one`,
        lock: { mode: "ACCESS EXCLUSIVE", table },
        safe: `alter table ${table} add constraint partition_bounds check (…) not valid; -- the bounds, and IS NOT NULL
-- in the next migration:
alter table ${table} validate constraint partition_bounds;
-- in the one after it:
${text.trim()};
alter table ${table} drop constraint partition_bounds;`,
      },
    ];
  });
}

function detached(step: Step, scene: Scene): Draft[] {
  return tableCommands(step, scene).flatMap(({ command, table }): Draft[] => {
    const mode = commandLock(command);
    if (command.subtype !== "AT_DetachPartition" || !blocksWrites(mode)) return [];
    return [
      {
        rule: "detach-partition-without-concurrently",
        message: `${table} waits for all its readers, and everybody waits behind it`,
        lock: { mode, table },
        safe: `-- tidegate:no-transaction, in a file of its own\n${step.text.trim()} concurrently;`,
      },
    ];
  });
}
