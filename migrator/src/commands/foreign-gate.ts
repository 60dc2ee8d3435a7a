import { findHistory, findTables } from "../adopt/find-history.ts";
import type { ForeignEntry } from "../adopt/foreign-history.ts";
import type { ForeignHistoryRequirement } from "../contract.ts";
import type { Session } from "../core/connection/session.ts";

/** What another tool's history lacks, and why nothing of it is there. */
export interface ForeignLack {
  readonly missing: readonly string[];
  /** Beside the missing names: the table is not there, or leads elsewhere; absent: nothing to add. */
  readonly reason?: string;
}

/**
 * The names of `wanted` that the tool's own table does not show as applied.
 *
 * @throws MigratorError where there are several such tables, or it may not be read
 */
export async function missingFromForeign(
  session: Session,
  wanted: readonly string[],
  requirement: ForeignHistoryRequirement,
): Promise<ForeignLack> {
  const { tool, table } = requirement;
  const choice = { tool, ...(table !== undefined && { table }) };
  const { found, readers } = await findTables(session, choice);
  if (found.length === 0) {
    const sought = table ?? readers.map((reader) => reader.table).join(", ");
    return { missing: wanted, reason: `${sought} of ${tool} does not exist` };
  }
  const history = await findHistory(session, choice);
  // Its lock and its heads are the tool's affair: a run that is under way must not hold a pod.
  const done = doneBy(history.entries, requirement);
  const missing = wanted.filter((name) => !done.has(name));
  const strange = strangers(history.entries, requirement);
  if (missing.length === 0 || strange.length === 0) return { missing };
  return {
    missing,
    reason: `${history.table} is at ${strange.join(", ")}, which is not among them`,
  };
}

/** The names that entries stand for. */
function doneBy(
  entries: readonly ForeignEntry[],
  { when = {}, parents = {} }: ForeignHistoryRequirement,
): ReadonlySet<string> {
  const done = new Set<string>();
  const climb = (revision: string): void => {
    if (done.has(revision)) return;
    done.add(revision);
    for (const parent of parents[revision] ?? []) climb(parent);
  };
  for (const { identity } of entries) {
    if (identity.by === "name") done.add(identity.name.replace(/\.[cm]?[jt]s$/, ""));
    if (identity.by === "revision") climb(identity.revision);
    if (identity.by === "journal") {
      for (const [name, at] of Object.entries(when)) if (at === identity.when) done.add(name);
    }
  }
  return done;
}

/** Revisions of the database that the deployed folder does not know: newer ones, or another branch. */
function strangers(
  entries: readonly ForeignEntry[],
  { parents = {} }: ForeignHistoryRequirement,
): readonly string[] {
  return entries.flatMap(({ identity }) =>
    identity.by === "revision" && !Object.hasOwn(parents, identity.revision)
      ? [identity.revision]
      : [],
  );
}
