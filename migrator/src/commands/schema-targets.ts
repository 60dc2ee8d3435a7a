import { usageError } from "../core/migrator-error.ts";

/** One database whose schema is waited for. */
export interface SchemaTarget {
  /** In front of the connection's variables, without its underscore; empty: none. */
  readonly prefix: string;
  /** File with what is waited for, read anew at each look; absent: only `min`. */
  readonly file?: string;
  /** Versions that must be present. */
  readonly min: readonly string[];
}

/** Makes targets of `[PREFIX=]FILE` and `[PREFIX=]VERSION`. */
export function schemaTargets(
  files: readonly string[],
  minimums: readonly string[],
): readonly SchemaTarget[] {
  const targets = new Map<string, { file?: string; min: string[] }>();
  const problems: string[] = [];
  for (const text of files) {
    const { prefix, value } = splitPrefix(text);
    if (targets.has(prefix)) {
      problems.push(`--schema is given twice for ${prefix === "" ? "no prefix" : prefix}`);
    }
    targets.set(prefix, { file: value, min: [] });
  }
  for (const text of minimums) {
    const { prefix, value } = splitPrefix(text);
    const target = targets.get(prefix) ?? { min: [] };
    target.min.push(value);
    targets.set(prefix, target);
  }
  if (problems.length > 0) throw usageError("wait", problems);
  return [...targets].map(([prefix, target]) => ({ prefix, ...target }));
}

function splitPrefix(text: string): { readonly prefix: string; readonly value: string } {
  const [, prefix = "", value = text] = /^([A-Za-z_][A-Za-z0-9_]*)=(.+)$/s.exec(text) ?? [];
  return { prefix, value };
}
