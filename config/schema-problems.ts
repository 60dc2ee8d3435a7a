import type { z } from "zod";
import { nearest } from "./nearest.ts";
import type { Path, Problem } from "./problem.ts";

/** A problem that the schema found. */
export interface SchemaProblem extends Problem {
  /** Where to cut so that the rest can be checked: the value itself, or what lacks a value. */
  readonly cut: Path;
}

type Issue = z.core.$ZodIssue;

/** Messages in the words of this project; used as the error map of every parse. */
export const wording: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case "invalid_type":
      if (issue.input === undefined) return "is missing";
      return `must be ${TYPES[issue.expected] ?? issue.expected}, not ${shown(issue.input)}`;
    case "invalid_value":
      return `must be ${listed(issue.values.map(String))}, not ${shown(issue.input)}`;
    case "too_small":
      return issue.origin === "number" || issue.origin === "int"
        ? `must be at least ${issue.minimum}`
        : "must not be empty";
    case "too_big":
      return issue.origin === "string"
        ? `must have at most ${issue.maximum} characters`
        : `must be at most ${issue.maximum}`;
    default:
      return undefined;
  }
};

const TYPES: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "an object with keys",
  record: "an object with keys",
  array: "a list",
};

/** The issues of a parse as problems, unions and keys resolved to the value that is wrong. */
export function schemaProblems(issues: readonly Issue[], base: Path = []): SchemaProblem[] {
  return issues.flatMap((issue) => {
    const path = [
      ...base,
      ...issue.path.map((key) => (typeof key === "number" ? key : String(key))),
    ];
    switch (issue.code) {
      case "unrecognized_keys":
        return issue.keys.map((key) => {
          const own = [...path, key];
          return { path: own, cut: own, message: unknownKey(key, issue.message.split(", ")) };
        });
      case "invalid_union":
        return unionProblems(issue, path);
      case "invalid_key":
      case "invalid_element":
        return [
          { path, cut: path, message: issue.issues.map((inner) => inner.message).join("; ") },
        ];
      default:
        return [{ path, cut: path, message: issue.message }];
    }
  });
}

/**
 * Of the variants the one that fits best: the one whose problem lies deepest. A value of which no
 * variant has even the type gets the union's own message.
 */
function unionProblems(issue: Issue & { code: "invalid_union" }, path: Path): SchemaProblem[] {
  const variants = issue.errors
    .filter((issues) => !issues.some((inner) => inner.path.length === 0 && isTypeMismatch(inner)))
    .map((issues) => schemaProblems(issues, path));
  const depth = (problems: readonly SchemaProblem[]): number =>
    Math.max(...problems.map((problem) => problem.path.length));
  const best = variants.toSorted((a, b) => depth(b) - depth(a))[0];
  return best ?? [{ path, cut: path, message: issue.message }];
}

function isTypeMismatch(issue: Issue): boolean {
  return issue.code === "invalid_type" || issue.code === "invalid_value";
}

/** A key that is not allowed, with the nearest that is. */
export function unknownKey(key: string, allowed: readonly string[]): string {
  const meant = nearest(key, allowed);
  const guess = meant === undefined ? "" : `did you mean "${meant}"? `;
  return `there is no such key; ${guess}allowed here: ${allowed.join(", ")}`;
}

function listed(values: readonly string[]): string {
  const quoted = values.map((value) => `"${value}"`);
  return quoted.length === 1
    ? `${quoted[0]}`
    : `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`;
}

/** A value for a message: short, and of lists and objects the kind only. */
function shown(value: unknown): string {
  if (typeof value === "string")
    return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
  if (value === null) return "empty";
  if (Array.isArray(value)) return "a list";
  return typeof value === "number" || typeof value === "boolean" ? `${value}` : "an object";
}
