import type { Phase } from "../../bundle/types.ts";
import type { Session } from "../connection/session.ts";
import type { History } from "./database-state.ts";
import type { Direction } from "./event-write.ts";
import { EVENTS } from "./events-table.ts";
import type { HistoryRow } from "./history-row.ts";

/** One thing that was done. */
export interface LoggedEvent {
  readonly name: string;
  readonly direction: Direction;
  readonly outcome: "done" | "failed";
  readonly phase: Phase | null;
  readonly checksum: string | null;
  readonly batch: number | null;
  /** ISO 8601. */
  readonly started: string;
  /** ISO 8601. */
  readonly finished: string;
  readonly durationMs: number;
  /** The login. */
  readonly who: string;
  /** Name of the pod; `null`: not in one. */
  readonly pod: string | null;
  /** Version of the runner. */
  readonly runner: string;
  readonly gitCommit: string | null;
  /** Why it failed, or what a repair changed. */
  readonly detail: string | null;
}

const ISO = `'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`;

/** What was done, oldest first. A history from before the log tells what is applied. */
export async function readEvents(
  session: Session,
  history: History | null,
): Promise<readonly LoggedEvent[]> {
  if (history === null) return [];
  if (history.writeFormat === null) return history.rows.map(fromRow);
  const { rows } = await session.client.query<LoggedEvent>(
    `select name, direction, outcome, phase, checksum, batch,
            to_char(started at time zone 'UTC', ${ISO}) as started,
            to_char(finished at time zone 'UTC', ${ISO}) as finished,
            (extract(epoch from finished - started) * 1000)::int as "durationMs",
            who, pod, runner, git_commit as "gitCommit", detail
       from ${EVENTS} order by ${EVENTS}.finished, ${EVENTS}.started`,
  );
  return rows;
}

function fromRow(row: HistoryRow): LoggedEvent {
  const { name, phase, checksum, batch, durationMs, who, runner, gitCommit } = row;
  const started = new Date(row.started);
  return {
    name,
    direction: row.outcome === "baseline" ? "baseline" : "up",
    outcome: row.outcome === "failed" ? "failed" : "done",
    phase,
    checksum,
    batch,
    started: started.toISOString(),
    finished: new Date(started.getTime() + durationMs).toISOString(),
    durationMs,
    who,
    pod: null,
    runner,
    gitCommit,
    detail: null,
  };
}
