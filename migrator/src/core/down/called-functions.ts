import type { Loss } from "./data-loss.ts";
import type { StatementTokens } from "./statement-tokens.ts";

/**
 * What may stand before a parenthesis without a row being changed: functions of Postgres that change
 * none, keywords, and types with a length. Any other name may be a function that does anything. The way
 * down of a column that was split or merged copies values by such functions, and must not need consent.
 */
const CHANGES_NOTHING: ReadonlySet<string> = new Set(
  // Keywords
  (
    "all and any array as between by case conflict cube distinct else except exists filter from group having " +
    "ilike in intersect is join lateral like limit materialized not offset on or order over partition " +
    "recursive rollup row select sets some then union using values when where with within returning " +
    // Types
    "bit bpchar char character decimal float interval numeric time timestamp timestamptz varbit varchar varying " +
    // Conditionals, aggregates, windows
    "coalesce greatest least nullif count max min sum avg every bool_and bool_or array_agg string_agg " +
    "json_agg jsonb_agg json_object_agg jsonb_object_agg row_number rank dense_rank ntile lag lead first_value last_value " +
    // Text and numbers
    "abs btrim ceil ceiling cast char_length concat concat_ws decode encode floor format initcap left length " +
    "lower lpad ltrim md5 mod octet_length overlay position power quote_ident quote_literal random regexp_match " +
    "regexp_matches regexp_replace regexp_split_to_array regexp_split_to_table repeat replace reverse right " +
    "round rpad rtrim sha256 sign split_part sqrt starts_with strpos substr substring to_char to_date to_hex " +
    "to_number to_timestamp translate trim trunc upper " +
    // Time
    "age clock_timestamp current_timestamp date_part date_trunc extract justify_interval make_date make_interval make_timestamptz now " +
    "statement_timestamp timezone transaction_timestamp " +
    // Arrays, JSON, sets
    "array_append array_length array_position array_remove array_to_string cardinality generate_series " +
    "generate_subscripts json_array_elements json_build_array json_build_object json_each jsonb_array_elements " +
    "jsonb_array_elements_text jsonb_array_length jsonb_build_array jsonb_build_object jsonb_each jsonb_each_text jsonb_set " +
    "jsonb_strip_nulls jsonb_typeof row_to_json string_to_array to_json to_jsonb unnest " +
    // The rest
    "current_setting currval gen_random_uuid nextval pg_sleep set_config uuidv4 uuidv7"
  ).split(" "),
);

/** Of a function that is not known to be harmless nobody can tell what it does. */
export function calledBy(tokens: StatementTokens): readonly Loss[] {
  const stranger = tokens.calls().find((name) => !CHANGES_NOTHING.has(name));
  return stranger === undefined ? [] : [{ kind: "unknown", how: `a call of ${stranger}()` }];
}
