import type { DatabaseSpec } from "../config/spec.ts";
import { UserError } from "./user-error.ts";

/**
 * The newest migration that a database of this machine gets, where the stack holds it back: what is tried
 * here is then what the stack has.
 *
 * @returns its name; `null`: none at all; undefined: nothing holds it back
 * @throws UserError for `last-batch`: which version that is, only the stack's own database knows
 */
export function heldBackTo({
  name,
  pinned,
}: Pick<DatabaseSpec, "name" | "pinned">): string | null | undefined {
  if (pinned === undefined) return undefined;
  if (pinned.keeps === undefined) {
    throw new UserError(
      `tidegate:rollback takes ${name} back to last-batch, and which version that is only the stack's own database knows: name the version instead (rollback.to, as npm run migration:status tells it), or take the key out of the stack's file`,
    );
  }
  return pinned.keeps.at(-1) ?? null;
}

/** What its developer should know; undefined: nothing. */
export function heldBackNotice(
  database: Pick<DatabaseSpec, "name" | "pinned">,
): string | undefined {
  const version = heldBackTo(database);
  if (version === undefined) return undefined;
  const what = version === null ? "nothing is applied" : `nothing newer than ${version} is applied`;
  return `tidegate:rollback stands, so that ${what}; what this database has already, it keeps`;
}
