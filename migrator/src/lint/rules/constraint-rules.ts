import type { Constraint, Node } from "libpg-query";
import type { Draft } from "../finding.ts";
import { ident, nameParts, tableName, usualName, tableKey } from "../names.ts";
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
  const { contype, skip_validation: notValid, is_enforced: enforced } = constraint;
  switch (contype) {
    case "CONSTR_FOREIGN": {
      if (notValid === true || enforced === false) return [];
      const other = tableName(constraint.pktable);
      const message = `neither ${table} nor ${other} can be written while every row of ${table} is looked up in ${other}`;
      return [
        {
          rule: "foreign-key-without-not-valid",
          message,
          lock,
          safe: later(each, constraint, text),
        },
      ];
    }
    case "CONSTR_CHECK": {
      if (notValid === true || enforced === false) return [];
      const message = `${table} can be neither read nor written while all its rows are checked`;
      return [
        { rule: "check-without-not-valid", message, lock, safe: later(each, constraint, text) },
      ];
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
      const columns = (constraint.keys ?? []).flatMap((key: Node) => nameParts(key));
      const safe =
        contype === "CONSTR_EXCLUSION" ? EXCLUDE_WAY : keyFromIndex(each, constraint, columns);
      return [{ rule: "constraint-builds-index", message, lock, safe }];
    }
    default:
      return [];
  }
}

/** `… not valid`, and its validation: by a name, which is written into a statement that gives none. */
function later(each: TableCommand, constraint: Constraint, text: string): string {
  const { table, relation, only } = each;
  const { conname, contype, fk_attrs: columns = [] } = constraint;
  const name =
    conname === undefined
      ? contype === "CONSTR_FOREIGN"
        ? usualName(relation, columns.flatMap(nameParts), "fkey")
        : usualName(relation, [], "check")
      : ident(conname);
  const named =
    conname === undefined
      ? text.trim().replace(/\badd\s+(?=foreign\b|check\b)/i, (add) => `${add}constraint ${name} `)
      : text.trim();
  const first = only
    ? `${named} not valid;`
    : `alter table ${table} add constraint ${name} … not valid;`;
  return `${first}\n-- in the next migration:\nalter table ${table} validate constraint ${name};`;
}

/** A key whose index is there already; of a primary key the columns must be `NOT NULL` before. */
export function keyFromIndex(
  { table, relation }: TableCommand,
  { contype, conname }: Constraint,
  columns: readonly string[],
): string {
  const isPrimary = contype === "CONSTR_PRIMARY";
  const name =
    conname === undefined
      ? isPrimary
        ? usualName(relation, [], "pkey")
        : usualName(relation, columns, "key")
      : ident(conname);
  const required = isPrimary
    ? "-- before it, set NOT NULL on each column as the rule set-not-null says: the key would read every row for it\n"
    : "";
  return `-- tidegate:no-transaction, in a file of its own
create unique index concurrently ${name} on ${table} (${columns.map(ident).join(", ")});
-- in the next migration:
${required}alter table ${table} add constraint ${name} ${isPrimary ? "primary key" : "unique"} using index ${name};`;
}

/** The index of EXCLUDE cannot be built beforehand. */
const EXCLUDE_WAY = `-- Postgres builds the index of EXCLUDE under the lock only: make a new table with the constraint,
-- write both tables from the service, copy the old rows in batches, read the new table;
-- drop the old one in a contract migration`;

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
