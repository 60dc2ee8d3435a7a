import type { ColumnDef, Constraint, Node } from "libpg-query";
import type { Draft } from "../finding.ts";
import { ident, nameParts } from "../names.ts";
import { type Scene, type Step, type TableCommand, tableCommands } from "../scene.ts";

const MODE = "ACCESS EXCLUSIVE";

/** Columns added to tables of others, and types that change. */
export function columnRules(step: Step, scene: Scene): Draft[] {
  return tableCommands(step, scene).flatMap((each): Draft[] => {
    const { command, table } = each;
    const { subtype, def, name = "" } = command;
    if (subtype === "AT_AlterColumnType") return [typeChange(each, name)];
    if (subtype === "AT_SetExpression") {
      const message = `${table} is rewritten, and can be neither read nor written meanwhile`;
      return [{ rule: "add-column-rewrites", message, lock: { mode: MODE, table } }];
    }
    if (subtype !== "AT_AddColumn" || def === undefined || !("ColumnDef" in def)) return [];
    return newColumn(table, def.ColumnDef, step.text, each.only);
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

function newColumn(table: string, column: ColumnDef, text: string, only: boolean): Draft[] {
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
  if (of("CONSTR_CHECK") !== undefined) {
    const check = ident(`${(column.colname ?? "").toLowerCase()}_check`);
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
  if (of("CONSTR_UNIQUE") !== undefined || of("CONSTR_PRIMARY") !== undefined) {
    drafts.push({
      rule: "constraint-builds-index",
      message: `${table} can be neither read nor written while the constraint's index is built`,
      lock,
      safe: `alter table ${table} add column ${name} …;
-- tidegate:no-transaction, in a file of its own
create unique index concurrently the_index on ${table} (${name});
-- in the next migration:
alter table ${table} add constraint the_index unique using index the_index;`,
    });
  }
  return drafts;
}

const SERIAL = ["serial", "bigserial", "smallserial", "serial2", "serial4", "serial8"];

function rewriteReason(
  column: ColumnDef,
  byDefault: Constraint | undefined,
  generated: Constraint | undefined,
  identity: Constraint | undefined,
): string | null {
  const type = (column.typeName?.names ?? []).flatMap(nameParts).at(-1) ?? "";
  if (SERIAL.includes(type)) return `${type} takes a number for every row`;
  if (identity !== undefined) return "identity takes a number for every row";
  if (generated !== undefined) {
    return generated.generated_kind === "v"
      ? null
      : "a stored generated column is computed for every row";
  }
  if (byDefault?.raw_expr === undefined) return null;
  const call = volatileCall(byDefault.raw_expr);
  if (call === null) return null;
  return VOLATILE.includes(call)
    ? `the default ${call}() is volatile`
    : `the default calls ${call}(), which is volatile unless it was declared otherwise`;
}

/** Volatile functions of Postgres and its usual extensions that stand in defaults. */
const VOLATILE = [
  "clock_timestamp",
  "gen_random_bytes",
  "gen_random_uuid",
  "nextval",
  "random",
  "timeofday",
  "uuid_generate_v1",
  "uuid_generate_v4",
  "uuidv4",
  "uuidv7",
];

/** Functions that are stable or immutable: their value is computed once for all rows. */
const ONCE = [
  "array",
  "current_setting",
  "date_trunc",
  "decode",
  "encode",
  "interval",
  "jsonb_build_array",
  "jsonb_build_object",
  "lower",
  "make_interval",
  "now",
  "statement_timestamp",
  "timezone",
  "to_jsonb",
  "transaction_timestamp",
  "upper",
];

/** The first function in an expression that may give each row another value. */
function volatileCall(expression: Node): string | null {
  const found: string[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(visit);
    if (typeof value !== "object" || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      if (key === "FuncCall") {
        const name = functionName(inner);
        if (name !== null && !ONCE.includes(name)) found.push(name);
      }
      visit(inner);
    }
  };
  visit(expression);
  return found.find((name) => VOLATILE.includes(name)) ?? found[0] ?? null;
}

function functionName(call: unknown): string | null {
  if (typeof call !== "object" || call === null || !("funcname" in call)) return null;
  const names: unknown = call.funcname;
  const last: unknown = Array.isArray(names) ? names.at(-1) : undefined;
  if (typeof last !== "object" || last === null || !("String" in last)) return null;
  const { String: text } = last;
  return typeof text === "object" && text !== null && "sval" in text ? String(text.sval) : null;
}
