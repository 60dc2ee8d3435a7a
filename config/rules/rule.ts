import type { Path, Problem } from "../problem.ts";
import type { PlatformConfig } from "../schema/platform.ts";

/** What the rules between the parts of a configuration look at. */
export interface Checked {
  /** What the schema could read, complete with defaults. */
  readonly config: PlatformConfig;
  /** Every declared name, also of entries that could not be read. */
  readonly databases: ReadonlySet<string>;
  readonly services: ReadonlySet<string>;
}

/** One group of rules; pure. */
export type Rule = (checked: Checked) => readonly Problem[];

export function problem(path: Path, message: string): Problem {
  return { path, message };
}

/** `"a", "b"`, or `none`. */
export function quoted(names: Iterable<string>): string {
  const all = [...names].map((name) => `"${name}"`);
  return all.length === 0 ? "none" : all.join(", ");
}
