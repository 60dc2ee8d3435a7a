import type { BundledMigration } from "../../bundle/types.ts";
import { cancelledBy } from "../connection/cancel.ts";
import { ConnectionLost } from "../connection/session.ts";
import { MigratorError } from "../migrator-error.ts";
import type { ApplyContext } from "./apply-context.ts";
import { reportProgress } from "./progress-watch.ts";
import { recordFailure } from "./record-failure.ts";

/** Which way a migration goes. */
export type Way = "up" | "down";

/**
 * Runs one migration in whichever direction: the server's notices and a long statement are reported, a
 * stop cancels what runs, a failure is told and logged.
 *
 * @param work gets the moment of its beginning, ISO 8601
 * @returns how long it took, in milliseconds.
 * @throws MigratorError; of kind `stopped` where the signal ended it.
 */
export async function attempt(
  context: ApplyContext,
  migration: BundledMigration,
  direction: Way,
  work: (began: string) => Promise<void>,
): Promise<number> {
  const { session, signal, onEvent } = context;
  const { name, file, phase, checksum } = migration;
  const started = performance.now();
  const began = new Date().toISOString();
  const tell = (notice: { readonly message: string | undefined }): void =>
    onEvent({ event: "notice", message: `${file}: ${notice.message ?? ""}` });
  session.client.on("notice", tell);
  try {
    await cancelledBy(session, signal, onEvent, () =>
      reportProgress(context, migration, () => work(began)),
    );
  } catch (error) {
    const failure = signal.aborted ? stopped(context, error, migration, direction) : error;
    if (failure instanceof MigratorError && !(failure instanceof ConnectionLost)) {
      onEvent({ event: "failed", migration: name, message: failure.message });
      await recordFailure(context, { name, direction, phase, checksum }, failure, began);
    }
    throw failure;
  } finally {
    session.client.off("notice", tell);
  }
  return Math.round(performance.now() - started);
}

const CUT_SHORT = {
  up: "the statement in flight was cancelled; the next run goes on there",
  down: "the statement in flight was cancelled; finished statements stay",
} as const;

/** The reason of the stop, with what is known of the migration that it hit. */
function stopped(
  { signal, advice }: ApplyContext,
  error: unknown,
  { file, transaction }: BundledMigration,
  direction: Way,
): unknown {
  const reason: unknown = signal.reason;
  if (!(reason instanceof MigratorError)) return error;
  const known = error instanceof MigratorError ? error.details.state : undefined;
  const state = known ?? (transaction ? "rolled back; nothing is half done" : CUT_SHORT[direction]);
  return new MigratorError(
    reason.kind,
    reason.message,
    { file, state, next: reason.details.next ?? advice.again },
    { cause: error },
  );
}
