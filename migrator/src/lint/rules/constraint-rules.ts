import type { Constraint, Node } from "libpg-query";
import type { Draft } from "../finding.ts";
import { ident, nameParts, tableKey, tableName } from "../names.ts";
import { heldLock } from "../strong-locks.ts";
import { commandLock, type Scene, type Step, type TableCommand, tableCommands } from "../scene.ts";

/** Constraints added to tables of others, and those that are validated. */
export function constraintRules(step: Step, scene: Scene): Draft[] {
  return tableCommands(step, scene).flatMap((each) => {
    const { command, table, relation } = each;
    const { subtype, def, name = "" } = command;
    if (subtype === "AT_ValidateConstraint") {
      const lock = heldLock(scene, relation);
      if (lock === null) return [];
      const on = lock.table === table ? "" : ` on ${lock.table}`;
      const message = `every row of ${table} is read while this transaction still holds the lock of an earlier statement${on}`;
      const safe = `-- in a migration of its own:\nalter table ${table} validate constraint ${ident(name)};`;
      return [{ rule: "validate-in-same-transaction", message, lock, safe }];
    }
    if (subtype === "AT_SetNotNull") return notNull(each, scene, name);
    if (subtype === "AT_AddConstraint" && def !== undefined && "Constraint" in def) {
      return added(each, def.Constraint, scene, step.text);
    }
    return [];
  });
}

function added(each: TableCommand, constraint: Constraint, scene: Scene, text: string): Draft[] {
  const { table, command } = each;
  const lock = { mode: commandLock(command), table };
  const { contype, conname, skip_validation: notValid, is_enforced: enforced } = constraint;
  switch (contype) {
    case "CONSTR_FOREIGN": {
      if (notValid === true || enforced === false) return [];
      const other = tableName(constraint.pktable);
      const message = `neither ${table} nor ${other} can be written while every row of ${table} is looked up in ${other}`;
      return [
        { rule: "foreign-key-without-not-valid", message, lock, safe: later(each, conname, text) },
      ];
    }
    case "CONSTR_CHECK": {
      if (notValid === true || enforced === false) return [];
      const message = `${table} can be neither read nor written while all its rows are checked`;
      return [{ rule: "check-without-not-valid", message, lock, safe: later(each, conname, text) }];
    }
    case "CONSTR_NOTNULL": {
      if (notValid === true) return [];
      const column = nameParts(constraint.keys?.[0]).join("");
      return notNull(each, scene, column);
    }
    case "CONSTR_UNIQUE":
    case "CONSTR_PRIMARY":
    case "CONSTR_EXCLUSION": {
      if (constraint.indexname !== undefined) return [];
      const message = `${table} can be neither read nor written while the constraint's index is built`;
      return [{ rule: "constraint-builds-index", message, lock, ...usingIndex(table, constraint) }];
    }
    default:
      return [];
  }
}

/** `… not valid`, and its validation. */
function later({ table, only }: TableCommand, name: string | undefined, text: string): string {
  const first = only
    ? `${text.trim()} not valid;`
    : `alter table ${table} add constraint … not valid;`;
  const validated = name === undefined ? "the_constraint" : ident(name);
  return `${first}\n-- in the next migration:\nalter table ${table} validate constraint ${validated};`;
}

function usingIndex(table: string, constraint: Constraint): { safe?: string } {
  const { contype, keys = [], conname } = constraint;
  // The index of EXCLUDE cannot be built beforehand.
  if (contype === "CONSTR_EXCLUSION") return {};
  const columns = keys
    .flatMap((key: Node) => nameParts(key))
    .map(ident)
    .join(", ");
  const name = conname === undefined ? "the_index" : ident(conname);
  const kind = contype === "CONSTR_PRIMARY" ? "primary key" : "unique";
  return {
    safe: `-- tidegate:no-transaction, in a file of its own
create unique index concurrently ${name} on ${table} (${columns});
-- in the next migration:
alter table ${table} add constraint ${name} ${kind} using index ${name};`,
  };
}

function notNull({ table, relation }: TableCommand, scene: Scene, column: string): Draft[] {
  if (scene.provenNotNull.has(`${tableKey(relation)}.${column}`)) return [];
  const check = ident(`${relation.relname ?? ""}_${column}_not_null`);
  return [
    {
      rule: "set-not-null",
      message: `${table} can be neither read nor written while all its rows are searched for a NULL`,
      lock: { mode: "ACCESS EXCLUSIVE", table },
      safe: `alter table ${table} add constraint ${check} check (${ident(column)} is not null) not valid;
-- in the next migration:
alter table ${table} validate constraint ${check};
-- in the one after it:
alter table ${table} alter column ${ident(column)} set not null;
alter table ${table} drop constraint ${check};`,
    },
  ];
}
