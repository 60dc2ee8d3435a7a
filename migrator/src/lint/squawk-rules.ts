import type { RuleName } from "./rule-list.ts";

/** Where squawk's rule went: the rules that find the same, or why none does. */
type Counterpart =
  | { readonly rules: readonly [RuleName, ...RuleName[]]; readonly why?: string }
  | { readonly rules: readonly []; readonly why: string };

const REFUSED = "the reading of the folder refuses it, before any rule";
const TYPE = "a choice of type, which breaks nothing that runs";

/**
 * Every rule of squawk, the reference of this field.
 * Source: `Rule` in `crates/squawk_linter/src/lib.rs` of sbdchd/squawk at 5125ddf5, and `syntax-error`.
 */
export const SQUAWK: Readonly<Record<string, Counterpart>> = {
  "adding-field-with-default": { rules: ["add-column-rewrites"] },
  "adding-foreign-key-constraint": {
    rules: ["foreign-key-without-not-valid"],
    why: "not of a new column without a default: Postgres has no row to look up, and the locks last for a moment, which [`work-behind-lock`](#work-behind-lock) watches",
  },
  "adding-not-nullable-field": { rules: ["set-not-null"] },
  "adding-required-field": { rules: ["add-required-column"] },
  "adding-serial-primary-key-field": { rules: ["constraint-builds-index", "add-column-rewrites"] },
  "ban-alter-domain-with-add-constraint": {
    rules: ["domain-constraint"],
    why: "SET NOT NULL and VALIDATE CONSTRAINT of a domain too; not with NOT VALID, which reads nothing",
  },
  "ban-char-field": { rules: [], why: TYPE },
  "ban-concurrent-index-creation-in-transaction": { rules: ["not-in-transaction"] },
  "ban-create-domain-with-constraint": {
    rules: [],
    why: "a new domain locks nothing; what changes it later is found by [`domain-constraint`](#domain-constraint)",
  },
  "ban-drop-column": { rules: ["drop-in-expand"] },
  "ban-drop-database": {
    rules: ["drop-in-expand"],
    why: "in a transaction the reading of the folder refuses it",
  },
  "ban-drop-not-null": { rules: ["drop-not-null"], why: "in an expand migration" },
  "ban-drop-table": { rules: ["drop-in-expand"] },
  "ban-duplicate-column-assignments": {
    rules: [],
    why: "it fails whenever it runs, so that the first run on any database shows it, and changes nothing",
  },
  "ban-truncate-cascade": { rules: ["truncate"], why: "without CASCADE too" },
  "ban-uncommitted-transaction": {
    rules: [],
    why: `BEGIN cannot stand in a migration: ${REFUSED}`,
  },
  "changing-column-type": { rules: ["column-type-change"] },
  "constraint-missing-not-valid": {
    rules: ["foreign-key-without-not-valid", "check-without-not-valid"],
  },
  "disallowed-unique-constraint": { rules: ["constraint-builds-index"] },
  "identifier-too-long": {
    rules: [],
    why: "Postgres shortens the name and says so; `verify` shows the schema that comes of it",
  },
  "prefer-bigint-over-int": { rules: [], why: TYPE },
  "prefer-bigint-over-smallint": { rules: [], why: TYPE },
  "prefer-identity": { rules: [], why: TYPE },
  "prefer-repack": {
    rules: ["table-rewrite"],
    why: "REPACK is of PostgreSQL 19; the safe way names the extension",
  },
  "prefer-robust-stmts": {
    rules: [],
    why: "the history knows what ran: a migration is applied once and whole, and one without a transaction goes on behind its last statement, so that IF EXISTS would only hide a difference",
  },
  "prefer-text-field": { rules: [], why: TYPE },
  "prefer-timestamp-tz": { rules: [], why: TYPE },
  "renaming-column": { rules: ["rename-in-expand"] },
  "renaming-table": { rules: ["rename-in-expand"] },
  "require-concurrent-index-creation": { rules: ["index-without-concurrently"] },
  "require-concurrent-index-deletion": { rules: ["drop-index-without-concurrently"] },
  "require-concurrent-partition-detach": { rules: ["detach-partition-without-concurrently"] },
  "require-concurrent-reindex": { rules: ["reindex-without-concurrently"] },
  "require-enum-value-ordering": {
    rules: [],
    why: "the place of a new value is what its author wants",
  },
  "require-lock-timeout": {
    rules: ["no-lock-timeout"],
    why: "the runner sets one for every migration; what switches it off is found",
  },
  "require-statement-timeout": {
    rules: [],
    why: "a setting of the database (`statementTimeout`), which the runner sets for every migration",
  },
  "require-table-schema": { rules: [], why: "the runner's connection has one `search_path`" },
  "require-timeout-settings": {
    rules: ["no-lock-timeout"],
    why: "squawk's old name for the two above",
  },
  "syntax-error": { rules: ["syntax"] },
  "transaction-nesting": { rules: ["not-in-transaction"], why: `in .sql files ${REFUSED}` },
  "unused-ignore": { rules: ["unused-allowance"] },
};

/** The part of docs/lint.md that says where each of squawk's rules went. */
export function squawkPage(): string[] {
  return [
    "## squawk's rules",
    "",
    "| rule of squawk | here | |",
    "| --- | --- | --- |",
    ...Object.entries(SQUAWK).map(([name, { rules, why = "" }]) => {
      const here = rules.map((rule) => `[\`${rule}\`](#${rule})`).join(", ");
      return `| \`${name}\` | ${here === "" ? "none" : here} | ${why} |`;
    }),
    "",
    "squawk has no counterpart of the other rules above.",
    "",
  ];
}
