import type { BundledMigration } from "../../bundle/types.ts";
import type { HistoryRow } from "../history/history-row.ts";
import type { ApplyContext } from "./apply-context.ts";
import { applySql } from "./apply-sql.ts";
import { applyStatements } from "./apply-statements.ts";
import { applyTypescript } from "./apply-typescript.ts";
import { attempt } from "./attempt.ts";
import { retryConflicts } from "./conflict-retry.ts";

/**
 * Applies one migration, whatever its kind.
 *
 * @returns how long it took, in milliseconds.
 * @throws MigratorError; of kind `stopped` where the signal ended it.
 */
export async function applyMigration(
  context: ApplyContext,
  migration: BundledMigration,
  begun: HistoryRow | undefined,
): Promise<number> {
  const { name, file, phase } = migration;
  context.onEvent({ event: "started", migration: name, file, phase });
  const milliseconds = await attempt(context, migration, "up", () =>
    applyByKind(context, migration, begun),
  );
  context.onEvent({ event: "applied", migration: name, milliseconds });
  return milliseconds;
}

async function applyByKind(
  context: ApplyContext,
  migration: BundledMigration,
  begun: HistoryRow | undefined,
): Promise<void> {
  if (migration.kind === "typescript") {
    await retryConflicts(context, migration.name, (number) =>
      applyTypescript(context, migration, number),
    );
  } else if (migration.transaction) {
    await retryConflicts(context, migration.name, (number) => applySql(context, migration, number));
  } else {
    await applyStatements(context, migration, begun);
  }
}
