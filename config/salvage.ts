import type { z } from "zod";
import type { Path } from "./problem.ts";
import { type SchemaProblem, schemaProblems, wording } from "./schema-problems.ts";
import { at, without } from "./tree.ts";

/** What could be read, and what was wrong. */
export interface Salvaged<T> {
  /** `undefined` when nothing could be read. */
  readonly value: T | undefined;
  /** The input without what was wrong. */
  readonly raw: unknown;
  readonly problems: readonly SchemaProblem[];
}

/**
 * Parses `raw`; on mistakes reports them all and parses the rest, so that the rules between the
 * parts still find theirs and one report holds everything.
 */
export function salvage<Schema extends z.ZodType>(
  schema: Schema,
  raw: unknown,
): Salvaged<z.output<Schema>> {
  let rest = raw;
  let problems: readonly SchemaProblem[] | undefined;
  // Each round cuts at least one value off, so that it ends. The first one finds all mistakes; later
  // ones would only report what misses a value that was cut.
  for (;;) {
    const result = schema.safeParse(rest, { error: wording });
    if (result.success) return { value: result.data, raw: rest, problems: problems ?? [] };
    const found = schemaProblems(result.error.issues);
    problems ??= found;
    const kept = cutAll(rest, found);
    if (kept === undefined || kept === rest) return { value: undefined, raw: undefined, problems };
    rest = kept;
  }
}

/** Without what is wrong: the value itself, the object that lacks one, or the list that holds it. */
function cutAll(raw: unknown, problems: readonly SchemaProblem[]): unknown {
  // Where to cut is decided on the whole input: after the first of two problems of one value was cut
  // off, the second would look like a missing value and take the whole object with it.
  const cuts = problems.map(({ cut }) => cutPath(raw, cut));
  if (cuts.some((path) => path.length === 0)) return undefined;
  return cuts.reduce<unknown>(
    (value, path) => (at(value, path) === undefined ? value : without(value, path)),
    raw,
  );
}

function cutPath(raw: unknown, path: Path): Path {
  const list = path.findIndex((_, index) => Array.isArray(at(raw, path.slice(0, index))));
  if (list !== -1) return path.slice(0, list);
  return at(raw, path) === undefined ? path.slice(0, -1) : path;
}
