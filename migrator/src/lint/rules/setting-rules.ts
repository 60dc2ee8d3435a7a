import type { Draft } from "../finding.ts";
import type { Step } from "../scene.ts";

/** Settings that let a migration wait for a lock for long. */
export function settingRules({ tree, text }: Step): Draft[] {
  if ("VariableSetStmt" in tree) {
    const { kind, name, args = [] } = tree.VariableSetStmt;
    if (kind === "VAR_RESET_ALL") return tooLong("for as long as it waits");
    if (name !== "lock_timeout") return [];
    if (kind !== "VAR_SET_VALUE") return tooLong("for as long as it waits");
    const [value] = args;
    if (value === undefined || !("A_Const" in value)) return [];
    const { ival, sval } = value.A_Const;
    return ofValue(ival === undefined ? (sval?.sval ?? "") : String(ival.ival ?? 0));
  }
  if (!("SelectStmt" in tree)) return [];
  const value = /\bset_config\s*\(\s*'lock_timeout'\s*,\s*'([^']*)'/i.exec(text)?.[1];
  return value === undefined ? [] : ofValue(value);
}

/** In milliseconds; the runner itself waits for 1 s at most, and a statement that needs more has a reason. */
const LONGEST = 5_000;

/** Source: PostgreSQL's documentation, 19.1.1 (units of time). */
const UNITS: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

function ofValue(value: string): Draft[] {
  const [, number = "", unit = ""] = /^\s*([\d.]+)\s*([a-z]*)\s*$/.exec(value) ?? [];
  if (number === "") return [];
  const wait = Number(number) * (UNITS[unit === "" ? "ms" : unit] ?? 0);
  if (Number(number) !== 0 && wait <= LONGEST) return [];
  return tooLong(
    wait === 0 ? "for as long as it waits" : `while it waits, for up to ${value.trim()}`,
  );
}

function tooLong(howLong: string): Draft[] {
  const message = `all queries of a table queue behind this migration ${howLong} for a lock`;
  const safe = "-- delete the statement: the runner bounds each wait, and tries again";
  return [{ rule: "no-lock-timeout", message, safe }];
}
