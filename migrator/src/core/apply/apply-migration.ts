import type { BundledMigration } from "../../bundle/types.ts";
import { cancelledBy } from "../connection/cancel.ts";
import { ConnectionLost } from "../connection/session.ts";
import type { HistoryRow } from "../history/history-row.ts";
import { MigratorError } from "../migrator-error.ts";
import type { ApplyContext } from "./apply-context.ts";
import { applySql } from "./apply-sql.ts";
import { applyStatements } from "./apply-statements.ts";
import { applyTypescript } from "./apply-typescript.ts";
import { reportProgress } from "./progress-watch.ts";
import { recordFailure } from "./record-failure.ts";
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
  const { session, signal, onEvent } = context;
  const { name, file, phase } = migration;
  onEvent({ event: "started", migration: name, file, phase });
  const started = performance.now();
  const began = new Date().toISOString();
  const tell = (notice: { readonly message: string | undefined }): void =>
    onEvent({ event: "notice", message: `${file}: ${notice.message ?? ""}` });
  session.client.on("notice", tell);
  try {
    await cancelledBy(session, signal, onEvent, () =>
      reportProgress(context, name, () => applyByKind(context, migration, begun)),
    );
  } catch (error) {
    const stopped = signal.aborted ? stoppedIn(context, error, migration) : error;
    if (stopped instanceof MigratorError && !(stopped instanceof ConnectionLost)) {
      onEvent({ event: "failed", migration: name, message: stopped.message });
      const { checksum } = migration;
      await recordFailure(context, { name, direction: "up", phase, checksum }, stopped, began);
    }
    throw stopped;
  } finally {
    session.client.off("notice", tell);
  }
  const milliseconds = Math.round(performance.now() - started);
  onEvent({ event: "applied", migration: name, milliseconds });
  return milliseconds;
}

async function applyByKind(
  context: ApplyContext,
  migration: BundledMigration,
  begun: HistoryRow | undefined,
): Promise<void> {
  if (migration.kind === "typescript") {
    await retryConflicts(context, migration.name, (attempt) =>
      applyTypescript(context, migration, attempt),
    );
  } else if (migration.transaction) {
    await retryConflicts(context, migration.name, (attempt) =>
      applySql(context, migration, attempt),
    );
  } else {
    await applyStatements(context, migration, begun);
  }
}

/** The reason of the stop, with what is known of the migration that it hit. */
function stoppedIn(context: ApplyContext, error: unknown, migration: BundledMigration): unknown {
  const reason: unknown = context.signal.reason;
  if (!(reason instanceof MigratorError)) return error;
  const state =
    error instanceof MigratorError && error.details.state !== undefined
      ? error.details.state
      : migration.transaction
        ? "rolled back; nothing is half done"
        : "the statement in flight was cancelled; the next run goes on there";
  return new MigratorError(
    reason.kind,
    reason.message,
    { file: migration.file, state, next: reason.details.next ?? context.advice.again },
    { cause: error },
  );
}
