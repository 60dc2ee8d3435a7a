import type { ColumnDef, Constraint, Node } from "libpg-query";
import { nameParts } from "../names.ts";

const SERIAL = ["serial", "bigserial", "smallserial", "serial2", "serial4", "serial8"];

/** Why a new column writes every row of its table anew; `null`: it does not. */
export function rewriteReason(
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
