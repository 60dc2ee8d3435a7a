import { join } from "node:path";

import { readSource, SourceTextError } from "../bundle/source-text.ts";
import type { BundledMigration } from "../bundle/types.ts";
import { codeAllowances, sqlAllowances } from "../lint/allowances.ts";

/**
 * Whether a migration says that it has no way back: `tidegate: allow missing-down because …`, as `check`
 * wants it.
 *
 * @param dir for the comments of TypeScript, which a bundle does not hold; `null`: there is none
 */
export function isIrreversible(dir: string | null, migration: BundledMigration): boolean {
  const { kind, file, up, statements } = migration;
  const { good } =
    kind === "sql"
      ? sqlAllowances(up, statements)
      : codeAllowances(dir === null ? "" : sourceOf(join(dir, file)));
  return good.some(({ rule }) => rule === "missing-down");
}

/** A delivered folder holds compiled code only: nothing is allowed there. */
function sourceOf(path: string): string {
  try {
    return readSource(path);
  } catch (error) {
    if (error instanceof SourceTextError) return "";
    throw error;
  }
}
