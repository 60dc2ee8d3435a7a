import type { BundledMigration, MigrationBundle } from "../bundle/types.ts";
import type { JournalEntry } from "../bundle/drizzle-journal.ts";
import { compareVersions, versionNumber } from "../bundle/version.ts";
import type { ForeignEntry } from "./foreign-history.ts";

/** A file that the old history says is applied. */
export interface Matched {
  readonly migration: BundledMigration;
  /** The entry that says so. */
  readonly entry: ForeignEntry;
}

export interface Matches {
  /** In the order of the folder. */
  readonly matched: readonly Matched[];
  /** Entries without a file. */
  readonly unmatched: readonly ForeignEntry[];
  /** What the reader should know before it is recorded. */
  readonly notes: readonly string[];
}

/**
 * Finds the file of every entry.
 *
 * @param journal of Drizzle, where the folder has one
 */
export function matchHistory(
  bundle: MigrationBundle,
  entries: readonly ForeignEntry[],
  journal: readonly JournalEntry[] | null,
): Matches {
  const byFile = new Map<string, Matched>();
  const unmatched: ForeignEntry[] = [];
  const notes: string[] = [];
  for (const entry of entries) {
    const files = filesOf(bundle, entry, journal);
    if (files.length === 0) unmatched.push(entry);
    for (const migration of files) {
      byFile.set(migration.file, { migration, entry });
      const { identity } = entry;
      if (identity.by === "journal" && migration.checksum !== `sql1:${identity.hash}`) {
        notes.push(
          `${migration.file} is not what Drizzle applied (hash ${identity.hash.slice(0, 12)}… then): it was changed since, or has other line ends; its checksum of now is recorded`,
        );
      }
    }
  }
  return {
    matched: bundle.migrations.flatMap(({ file }) => byFile.get(file) ?? []),
    unmatched,
    notes,
  };
}

function filesOf(
  { migrations }: MigrationBundle,
  { identity }: ForeignEntry,
  journal: readonly JournalEntry[] | null,
): readonly BundledMigration[] {
  switch (identity.by) {
    case "name": {
      const name = identity.name.replace(/\.(?:[cm]?[jt]s|sql)$/, "").replace(/\.contract$/, "");
      return migrations.filter((each) => each.name === name);
    }
    case "number":
      return migrations.filter((each) => versionNumber(each.name) === identity.number);
    case "through": {
      // Only where the newest one has a file: without it "everything before" could be anything.
      const isThere = migrations.some((each) => versionNumber(each.name) === identity.number);
      return isThere
        ? migrations.filter(({ name }) => {
            const own = versionNumber(name) ?? "";
            return own === identity.number || compareVersions(own, identity.number) < 0;
          })
        : [];
    }
    case "journal": {
      const tag = journal?.find(({ when }) => when === identity.when)?.tag;
      const byTag = migrations.filter(({ name }) => name === tag);
      return byTag.length > 0
        ? byTag
        : migrations.filter(({ checksum }) => checksum === `sql1:${identity.hash}`);
    }
    case "revision":
      return [];
    default:
      return identity satisfies never;
  }
}
