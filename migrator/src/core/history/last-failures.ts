import type { Session } from "../connection/session.ts";
import type { History } from "./database-state.ts";
import { EVENTS } from "./events-table.ts";

/** The newest try of a migration that is still pending, where it failed. */
export interface LastFailure {
  readonly name: string;
  /** When it had failed, ISO 8601. */
  readonly finished: string;
  /** Why, as the run said it; `null`: nobody knows. */
  readonly detail: string | null;
}

/** Of these migrations those whose last `up` in the log failed. */
export async function lastFailures(
  session: Session,
  history: History | null,
  names: readonly string[],
): Promise<readonly LastFailure[]> {
  // A history from before the log has none.
  if (names.length === 0 || history === null || history.writeFormat === null) return [];
  const { rows } = await session.client.query<LastFailure>(
    `select name, to_char(finished at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as finished, detail
       from (select distinct on (e.name) e.name, e.finished, e.direction, e.outcome, e.detail
               from ${EVENTS} e where e.name = any($1::text[]) order by e.name, e.finished desc) as newest
      where direction = 'up' and outcome = 'failed'
      order by pg_catalog.array_position($1::text[], name)`,
    [names],
  );
  return rows;
}
