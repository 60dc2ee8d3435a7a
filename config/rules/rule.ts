import type { Path, Problem } from "../problem.ts";
import type { PlatformConfig } from "../schema/platform.ts";

/** What the rules between the parts of a configuration look at. */
export interface Checked {
  /** The project's name. */
  readonly project: string;
  /** What the schema could read, complete with defaults. */
  readonly config: PlatformConfig;
  /** Every declared name, also of entries that could not be read. */
  readonly databases: ReadonlySet<string>;
  readonly services: ReadonlySet<string>;
  /** What the schema found. */
  readonly problems: readonly Problem[];
}

export function problem(path: Path, message: string): Problem {
  return { path, message };
}

/** Whether the schema found something wrong at `path` or below, so that a value is there, but cut. */
export function isBroken({ problems }: Checked, path: Path): boolean {
  return problems.some((found) => path.every((key, index) => found.path[index] === key));
}

/** `"a", "b"`, or `none`. */
export function quoted(names: Iterable<string>): string {
  const all = [...names].map((name) => `"${name}"`);
  return all.length === 0 ? "none" : all.join(", ");
}
