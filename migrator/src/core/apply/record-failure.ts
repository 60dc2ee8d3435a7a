import { withSession } from "../connection/session.ts";
import { secretsOf } from "../connection/settings.ts";
import { type HistoryEvent, recordEvent, text } from "../history/event-write.ts";
import { verdictOf, withoutSecrets } from "../verdict.ts";
import type { MigratorError } from "../migrator-error.ts";
import type { ApplyContext } from "./apply-context.ts";

/** Bound of the connection and of the statement, in seconds: a stopped run has little time left. */
const BOUND = 3;

/**
 * Logs a failure on a connection of its own, after the rollback, which would take the line along. As
 * well as it can: why the migration failed counts for more than that it was logged.
 *
 * @param began when the migration began, ISO 8601
 */
export async function recordFailure(
  context: ApplyContext,
  event: Omit<HistoryEvent, "outcome" | "detail">,
  error: MigratorError,
  began: string,
): Promise<void> {
  const { settings } = context.session;
  const detail = withoutSecrets(verdictOf(error), secretsOf(settings));
  const statement = recordEvent(
    { ...event, outcome: "failed", detail },
    context.run,
    `${text(began)}::timestamptz`,
  );
  try {
    await withSession(settings, BOUND, async ({ client }) => {
      await client.query(`set statement_timeout = '${BOUND}s';${statement}`);
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    context.onEvent({ event: "notice", message: `the failure could not be logged: ${reason}` });
  }
}
