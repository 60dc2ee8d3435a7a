import type { Draft } from "../finding.ts";
import { blocksWrites, LOCK_MODES } from "../locks.ts";
import { tableName } from "../names.ts";
import { isOthers, type Scene, type Step, tableCommands } from "../scene.ts";

/** Statements that work on a table as a whole. */
export function tableRules(step: Step, scene: Scene): Draft[] {
  const { tree } = step;
  if ("TruncateStmt" in tree) {
    const tables = (tree.TruncateStmt.relations ?? []).flatMap((node) =>
      "RangeVar" in node && isOthers(scene, node.RangeVar) ? [tableName(node.RangeVar)] : [],
    );
    const [table] = tables;
    if (table === undefined) return [];
    const cascade = tree.TruncateStmt.behavior === "DROP_CASCADE";
    const message = `all rows of ${tables.join(", ")} go${cascade ? ", and those of every table that refers to them" : ""}, and no way down brings them back`;
    const safe = tables.map(batches).join("\n");
    return [{ rule: "truncate", message, lock: { mode: "ACCESS EXCLUSIVE", table }, safe }];
  }
  if ("LockStmt" in tree) {
    const { relations = [], mode: number = 8 } = tree.LockStmt;
    const mode = LOCK_MODES[number - 1] ?? "ACCESS EXCLUSIVE";
    const [first] = relations;
    if (!blocksWrites(mode) || first === undefined || !("RangeVar" in first)) return [];
    if (!isOthers(scene, first.RangeVar)) return [];
    const table = tableName(first.RangeVar);
    const message = `the lock on ${table} is held until the migration ends, whatever it does meanwhile`;
    return [{ rule: "lock-table", message, lock: { mode, table } }];
  }
  if ("RefreshMatViewStmt" in tree) {
    const { relation, concurrent } = tree.RefreshMatViewStmt;
    if (concurrent === true || !isOthers(scene, relation)) return [];
    const table = tableName(relation);
    return [
      {
        rule: "refresh-without-concurrently",
        message: `${table} can't be read while its query runs`,
        lock: { mode: "ACCESS EXCLUSIVE", table },
        safe: `refresh materialized view concurrently ${table}; -- needs a unique index on ${table}`,
      },
    ];
  }
  return rewrites(step, scene);
}

/** `DELETE` in batches; the rows of a table that still is needed go on being read meanwhile. */
function batches(table: string): string {
  return `-- delete what is meant, in batches, each a transaction of its own, outside of the migration:
-- delete from ${table} where ctid in (select ctid from ${table} where … limit 1000);`;
}

const REWRITING: Readonly<Record<string, string>> = {
  AT_SetAccessMethod: "SET ACCESS METHOD",
  AT_SetLogged: "SET LOGGED",
  AT_SetTableSpace: "SET TABLESPACE",
  AT_SetUnLogged: "SET UNLOGGED",
};

function rewritten(what: string, table: string | null): Draft {
  const message = `${what} copies ${table ?? "every table"}, which can be neither read nor written meanwhile`;
  return {
    rule: "table-rewrite",
    message,
    lock: { mode: "ACCESS EXCLUSIVE", table },
    safe: rewriteWay(what, table),
  };
}

function rewriteWay(what: string, table: string | null): string {
  const option = table === null ? "" : ` --table=${table}`;
  if (what === "VACUUM FULL") return `-- pg_repack --no-order${option} copies in the background`;
  if (what === "CLUSTER") return `-- pg_repack${option} --order-by=… copies in the background`;
  if (what === "SET TABLESPACE") {
    return `-- pg_repack --no-order${option} --tablespace=… copies in the background`;
  }
  return `create table … (like ${table ?? "it"} including all) …; -- made as it shall be
-- write both tables from the service, copy the old rows in batches, read the new table;
-- drop the old one in a contract migration`;
}

function rewrites(step: Step, scene: Scene): Draft[] {
  const { tree } = step;
  if ("VacuumStmt" in tree) {
    const { options = [], rels = [] } = tree.VacuumStmt;
    const full = options.some((node) => "DefElem" in node && node.DefElem.defname === "full");
    const [first] = rels;
    const relation =
      first !== undefined && "VacuumRelation" in first ? first.VacuumRelation.relation : undefined;
    return full
      ? [rewritten("VACUUM FULL", relation === undefined ? null : tableName(relation))]
      : [];
  }
  if ("ClusterStmt" in tree) {
    const { relation } = tree.ClusterStmt;
    if (relation !== undefined && !isOthers(scene, relation)) return [];
    return [rewritten("CLUSTER", relation === undefined ? null : tableName(relation))];
  }
  return tableCommands(step, scene).flatMap(({ command, table }) => {
    const what = REWRITING[command.subtype ?? ""];
    return what === undefined ? [] : [rewritten(what, table)];
  });
}
