import type { ColumnDef, Constraint } from "libpg-query";
import type { Draft } from "../finding.ts";
import { ident, nameParts, tableName, usualName } from "../names.ts";
import { type Scene, type Step, type TableCommand, tableCommands } from "../scene.ts";
import { keyFromIndex } from "./constraint-rules.ts";
import { rewriteReason } from "./column-rewrite.ts";

const MODE = "ACCESS EXCLUSIVE";

/** Columns added to tables of others, and types that change. */
export function columnRules(step: Step, scene: Scene): Draft[] {
  return tableCommands(step, scene).flatMap((each): Draft[] => {
    const { command, table } = each;
    const { subtype, def, name = "" } = command;
    if (subtype === "AT_AlterColumnType") return [typeChange(each, name)];
    if (subtype === "AT_DropNotNull" && scene.phase === "expand") {
      return [droppedNotNull(each, name)];
    }
    if (subtype === "AT_SetExpression") {
      const message = `${table} is rewritten, and can be neither read nor written meanwhile`;
      const column = ident(name);
      const fresh = ident(`${name}_new`);
      const safe = `alter table ${table} add column ${fresh} …; -- without an expression; a trigger writes it for new rows
-- then fill the old rows in batches, read ${fresh}, and drop ${column} in a contract migration`;
      return [{ rule: "add-column-rewrites", message, lock: { mode: MODE, table }, safe }];
    }
    if (subtype !== "AT_AddColumn" || def === undefined || !("ColumnDef" in def)) return [];
    return newColumn(each, def.ColumnDef, step.text);
  });
}

function typeChange({ table }: TableCommand, column: string): Draft {
  const fresh = ident(`${column}_new`);
  return {
    rule: "column-type-change",
    message: `${table} is rewritten, and can be neither read nor written meanwhile, unless the new type of ${ident(column)} only lifts a limit`,
    lock: { mode: MODE, table },
    safe: `alter table ${table} add column ${fresh} …;
-- write both columns from the service, fill the old rows in batches, read ${fresh};
-- drop ${ident(column)} in a contract migration`,
  };
}

function droppedNotNull({ table }: TableCommand, name: string): Draft {
  const column = ident(name);
  return {
    rule: "drop-not-null",
    message: `running code may not expect a NULL in ${column} of ${table}, which the new code may write`,
    lock: { mode: MODE, table },
    safe: `-- tidegate:phase contract, in a file of its own
alter table ${table} alter column ${column} drop not null;
-- or above the statement, where the code that runs now survives a NULL:
-- tidegate: allow drop-not-null because …`,
  };
}

function newColumn(each: TableCommand, column: ColumnDef, text: string): Draft[] {
  const { table, relation, only } = each;
  const lock = { mode: MODE, table } as const;
  const name = ident(column.colname ?? "");
  const constraints = (column.constraints ?? []).flatMap((node) =>
    "Constraint" in node ? [node.Constraint] : [],
  );
  const of = (type: Constraint["contype"]): Constraint | undefined =>
    constraints.find(({ contype }) => contype === type);
  const rewrite = rewriteReason(
    column,
    of("CONSTR_DEFAULT"),
    of("CONSTR_GENERATED"),
    of("CONSTR_IDENTITY"),
  );
  const drafts: Draft[] = [];
  if (rewrite !== null) {
    drafts.push({
      rule: "add-column-rewrites",
      message: `${rewrite}: every row of ${table} is written anew, and it can be neither read nor written meanwhile`,
      lock,
      safe: `alter table ${table} add column ${name} …; -- without the default
alter table ${table} alter column ${name} set default …;
-- then fill the old rows in batches`,
    });
  } else if (of("CONSTR_NOTNULL") !== undefined && of("CONSTR_DEFAULT") === undefined) {
    const generated = of("CONSTR_GENERATED") !== undefined;
    if (!generated) {
      drafts.push({
        rule: "add-required-column",
        message: `it fails where ${table} has a row, and code that does not know ${name} can insert none afterwards`,
        lock,
        safe: only
          ? `${text.trim()} default …; -- a constant: no row is written`
          : `alter table ${table} add column ${name} … not null default …;`,
      });
    }
  }
  const key = of("CONSTR_FOREIGN");
  // A new column without a value in it has nothing to look up: Postgres skips the check.
  if (
    key !== undefined &&
    [of("CONSTR_DEFAULT"), of("CONSTR_GENERATED")].some((value) => value !== undefined)
  ) {
    drafts.push(newKey(each, column, key));
  }
  if (of("CONSTR_CHECK") !== undefined) {
    const check = usualName(relation, [column.colname ?? ""], "check");
    drafts.push({
      rule: "check-without-not-valid",
      message: `${table} can be neither read nor written while all its rows are checked`,
      lock,
      safe: `alter table ${table} add column ${name} …;
alter table ${table} add constraint ${check} check (…) not valid;
-- in the next migration:
alter table ${table} validate constraint ${check};`,
    });
  }
  const unique = of("CONSTR_PRIMARY") ?? of("CONSTR_UNIQUE");
  if (unique !== undefined) {
    drafts.push({
      rule: "constraint-builds-index",
      message: `${table} can be neither read nor written while the constraint's index is built`,
      lock,
      safe: `alter table ${table} add column ${name} …;\n${keyFromIndex(each, unique, [column.colname ?? ""])}`,
    });
  }
  return drafts;
}

function newKey(
  { table, relation }: TableCommand,
  { colname = "" }: ColumnDef,
  key: Constraint,
): Draft {
  const { pktable, pk_attrs: keys = [] } = key;
  const other = tableName(pktable);
  const name =
    key.conname === undefined ? usualName(relation, [colname], "fkey") : ident(key.conname);
  const columns = keys.length === 0 ? "" : ` (${keys.flatMap(nameParts).map(ident).join(", ")})`;
  return {
    rule: "foreign-key-without-not-valid",
    message: `${table} can be neither read nor written, and ${other} not written, while every row of ${table} is looked up in ${other}`,
    lock: { mode: MODE, table },
    safe: `alter table ${table} add column ${ident(colname)} …; -- without the key
alter table ${table} add constraint ${name} foreign key (${ident(colname)}) references ${other}${columns} not valid;
-- in the next migration:
alter table ${table} validate constraint ${name};`,
  };
}
