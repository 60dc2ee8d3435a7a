import type { MigrationBundle } from "../bundle/types.ts";
import { compareVersions } from "../bundle/version.ts";
import type { AdoptedRow } from "../core/history/record-adopted.ts";
import { MigratorError } from "../core/migrator-error.ts";
import type { FoundHistory } from "./find-history.ts";
import type { Matches } from "./match-history.ts";

/** What `adopt` would record. */
export interface Adoption {
  /** In the order of the folder; a baseline first. */
  readonly rows: readonly AdoptedRow[];
  /** Files that are neither recorded nor covered by the baseline: what `up` applies next. */
  readonly pending: readonly string[];
  /** Files that a baseline covers: they never run on this database. */
  readonly covered: readonly string[];
}

/**
 * Decides what to record.
 *
 * @param baseline the version that stands for everything up to it; `null`: every entry needs its file
 * @throws MigratorError of kind `refused` that names all entries without a file
 */
export function planAdoption(
  found: FoundHistory,
  bundle: MigrationBundle,
  { matched, unmatched }: Matches,
  baseline: string | null,
): Adoption {
  if (found.entries.length === 0) {
    throw refused(
      `${found.table} is empty: ${found.tool} has applied nothing here`,
      "run `migrator up`",
    );
  }
  if (baseline === null && unmatched.length > 0)
    throw withoutFiles(
      found,
      unmatched.map(({ label }) => label),
    );
  const detail = `${found.tool}: ${found.table}`;
  const isCovered = (name: string): boolean =>
    baseline !== null && compareVersions(name, baseline) <= 0;
  const applied = matched
    .filter(({ migration }) => !isCovered(migration.name))
    .map(({ migration, entry }, index): AdoptedRow => ({
      name: migration.name,
      outcome: "applied",
      migration,
      // Without batches of the tool's own, the last batch is the last migration.
      batch: entry.batch ?? index + 1,
      appliedAt: entry.appliedAt,
      aliases: [],
      detail,
    }));
  const base: AdoptedRow[] =
    baseline === null
      ? []
      : [
          {
            name: baseline,
            outcome: "baseline",
            migration: bundle.migrations.find(({ name }) => name === baseline) ?? null,
            batch: 0,
            appliedAt: applied.map((row) => row.appliedAt).find((at) => at !== null) ?? null,
            aliases: [],
            detail: `${detail}, at ${found.entries.at(-1)?.label ?? "nothing"}`,
          },
        ];
  const recorded = new Set(applied.map(({ name }) => name));
  const names = bundle.migrations.map(({ name }) => name);
  return {
    rows: [...base, ...applied],
    pending: names.filter((name) => !recorded.has(name) && !isCovered(name)),
    covered: names.filter(isCovered),
  };
}

function withoutFiles(found: FoundHistory, labels: readonly string[]): MigratorError {
  if (found.tool === "alembic") {
    return refused(
      `${found.table} is at ${labels.join(", ")}, and Alembic's revisions are Python, which is not run here`,
      "say from which version on migrations of this folder count: --baseline VERSION (everything up to it is in the database)",
    );
  }
  const shown = labels.slice(0, 10).join(", ");
  const more = labels.length > 10 ? ` and ${labels.length - 10} more` : "";
  return refused(
    `${found.tool} has applied what is not in this folder: ${shown}${more}`,
    "put these files back, or say that everything up to a version is in the database: --baseline VERSION",
  );
}

function refused(message: string, next: string): MigratorError {
  return new MigratorError("refused", message, { state: "nothing was changed", next });
}
