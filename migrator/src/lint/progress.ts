import type { Constraint, Node } from "libpg-query";
import { type LockMode, stronger } from "./locks.ts";
import { nameKey, nameParts, tableKey } from "./names.ts";
import { isOthers, type Scene, type Step } from "./scene.ts";
import { strongLocks } from "./strong-locks.ts";

/** What earlier migrations of the folder have shown, for rules that one file alone cannot answer. */
export class FolderProgress {
  /** Name of a `CHECK (column IS NOT NULL)` → `table.column`, not yet validated. */
  readonly unproven = new Map<string, string>();
  readonly proven = new Set<string>();
  /** `table:name` of checks that are not validated yet. */
  readonly unchecked = new Set<string>();
  /** Tables with a check that holds for every row. */
  readonly checked = new Set<string>();
}

/** What a migration's statements have done so far. */
export class Progress {
  readonly created = new Set<string>();
  readonly enumValues = new Set<string>();
  readonly held = new Map<string, LockMode>();
  private readonly folder: FolderProgress;

  constructor(folder: FolderProgress) {
    this.folder = folder;
  }

  get provenNotNull(): ReadonlySet<string> {
    return this.folder.proven;
  }

  get checked(): ReadonlySet<string> {
    return this.folder.checked;
  }

  /** Takes in a statement after it was judged. */
  add(step: Step, scene: Scene): void {
    for (const [relation, mode] of strongLocks(step, scene)) {
      const key = tableKey(relation);
      if (scene.transaction) this.held.set(key, stronger(mode, this.held.get(key)));
    }
    this.addChecks(step.tree);
    const { tree } = step;
    if ("AlterEnumStmt" in tree && tree.AlterEnumStmt.newVal !== undefined) {
      const type = nameKey((tree.AlterEnumStmt.typeName ?? []).flatMap(nameParts));
      if (!this.created.has(type)) this.enumValues.add(tree.AlterEnumStmt.newVal);
    }
    if ("RenameStmt" in tree && tree.RenameStmt.renameType === "OBJECT_TABLE") {
      const { relation, newname = "" } = tree.RenameStmt;
      if (isOthers(scene, relation)) return;
      this.created.add(nameKey([...(relation?.schemaname ? [relation.schemaname] : []), newname]));
    }
    for (const key of madeBy(tree)) this.created.add(key);
  }

  private addChecks(tree: Node): void {
    if ("CreateStmt" in tree) {
      const { relation: made, tableElts = [] } = tree.CreateStmt;
      if (tableElts.some(isCheck)) this.folder.checked.add(tableKey(made));
    }
    if (!("AlterTableStmt" in tree)) return;
    const { relation, cmds = [] } = tree.AlterTableStmt;
    const table = tableKey(relation);
    for (const node of cmds) {
      if (!("AlterTableCmd" in node)) continue;
      const { subtype, def, name = "" } = node.AlterTableCmd;
      if (subtype === "AT_ValidateConstraint") {
        const proved = this.folder.unproven.get(`${table}:${name}`);
        if (proved !== undefined) this.folder.proven.add(proved);
        if (this.folder.unchecked.has(`${table}:${name}`)) this.folder.checked.add(table);
      } else if (def !== undefined && "Constraint" in def) {
        const column = notNullColumn(def.Constraint);
        const key = `${table}:${def.Constraint.conname ?? ""}`;
        if (isCheck(def)) {
          const isValid = def.Constraint.skip_validation !== true;
          if (isValid) this.folder.checked.add(table);
          else this.folder.unchecked.add(key);
        }
        if (column === null) continue;
        if (def.Constraint.skip_validation === true) {
          this.folder.unproven.set(key, `${table}.${column}`);
        } else {
          this.folder.proven.add(`${table}.${column}`);
        }
      }
    }
  }
}

function isCheck(node: Node): boolean {
  return "Constraint" in node && node.Constraint.contype === "CONSTR_CHECK";
}

/** The column of `CHECK (column IS NOT NULL)`. */
function notNullColumn({ contype, raw_expr: expression }: Constraint): string | null {
  if (contype !== "CONSTR_CHECK" || expression === undefined || !("NullTest" in expression)) {
    return null;
  }
  const { nulltesttype, arg } = expression.NullTest;
  if (nulltesttype !== "IS_NOT_NULL" || arg === undefined || !("ColumnRef" in arg)) return null;
  const [field, ...more] = arg.ColumnRef.fields ?? [];
  return field !== undefined && more.length === 0 && "String" in field
    ? (field.String.sval ?? null)
    : null;
}

/** Keys of what a statement makes. */
export function madeBy(tree: Node): string[] {
  if ("CreateStmt" in tree) return [tableKey(tree.CreateStmt.relation)];
  if ("CreateForeignTableStmt" in tree)
    return [tableKey(tree.CreateForeignTableStmt.base?.relation)];
  if ("CreateTableAsStmt" in tree) return [tableKey(tree.CreateTableAsStmt.into?.rel)];
  if ("ViewStmt" in tree) return [tableKey(tree.ViewStmt.view)];
  if ("CreateSeqStmt" in tree) return [tableKey(tree.CreateSeqStmt.sequence)];
  if ("CompositeTypeStmt" in tree) return [tableKey(tree.CompositeTypeStmt.typevar)];
  if ("CreateSchemaStmt" in tree) return [tree.CreateSchemaStmt.schemaname ?? ""];
  if ("CreateExtensionStmt" in tree) return [tree.CreateExtensionStmt.extname ?? ""];
  if ("CreateForeignServerStmt" in tree) return [tree.CreateForeignServerStmt.servername ?? ""];
  if ("DefineStmt" in tree) return [nameKey((tree.DefineStmt.defnames ?? []).flatMap(nameParts))];
  if ("IndexStmt" in tree) return indexNames(tree.IndexStmt);
  const list =
    "CreateEnumStmt" in tree
      ? tree.CreateEnumStmt.typeName
      : "CreateDomainStmt" in tree
        ? tree.CreateDomainStmt.domainname
        : "CreateFunctionStmt" in tree
          ? tree.CreateFunctionStmt.funcname
          : undefined;
  return list === undefined ? [] : [nameKey(list.flatMap(nameParts))];
}

function indexNames({
  idxname,
  relation,
}: {
  idxname?: string;
  relation?: { schemaname?: string };
}): string[] {
  if (idxname === undefined) return [];
  return [nameKey([...(relation?.schemaname ? [relation.schemaname] : []), idxname])];
}
