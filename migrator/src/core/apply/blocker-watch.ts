// Through node:timers, which loads its promises when they are first used: a start does without.
import { promises as timers } from "node:timers";

import { type Session, withSession } from "../connection/session.ts";
import type { Blocker } from "../events.ts";
import type { ApplyContext } from "./apply-context.ts";

/** How often is looked, in milliseconds: well below the longest lock_timeout of a try (1 s). */
const INTERVAL = 150;

/** Sees who blocks the session while it waits; afterwards nobody can tell any more. */
export interface BlockerWatch {
  /** Who blocked when it was last seen waiting. */
  readonly last: () => Blocker | null;
  readonly stop: () => Promise<void>;
}

/** Looks from a second connection until stopped; a failure to look is no failure of the run. */
export function watchBlockers(context: ApplyContext, migration: string): BlockerWatch {
  let seen: readonly Blocker[] = [];
  let reported = "";
  const stopped = new AbortController();
  const watching = withSession(context.session.settings, 3, async (session) => {
    // Acting as the owner hides even the runner's own sessions.
    await session.client.query("set role none");
    while (!stopped.signal.aborted) {
      const blockers = await blockersOf(session, context.session.announcedPid);
      if (blockers.length > 0) {
        seen = blockers;
        const pids = blockers.map(({ pid }) => pid).join();
        if (pids !== reported) context.onEvent({ event: "table-lock-wait", migration, blockers });
        reported = pids;
      }
      await timers.setTimeout(INTERVAL, undefined, { signal: stopped.signal });
    }
  }).catch(() => undefined);
  return {
    last: () => seen[0] ?? null,
    stop: async () => {
      stopped.abort();
      await watching;
    },
  };
}

async function blockersOf(session: Session, pid: number): Promise<readonly Blocker[]> {
  // Of other roles' sessions Postgres shows everybody pid, name and application, and the rest only to
  // members of pg_read_all_stats.
  const { rows } = await session.client.query<{
    pid: number;
    login: string | null;
    application: string | null;
    since: string | null;
    seconds: number | null;
    query: string | null;
  }>(
    `select a.pid, a.usename::text as login, a.application_name as application,
            to_char(a.xact_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as since,
            extract(epoch from pg_catalog.clock_timestamp() - a.xact_start)::int as seconds,
            nullif(left(a.query, 200), '<insufficient privilege>') as query
       from unnest(pg_catalog.pg_blocking_pids($1)) as b(pid)
       join pg_catalog.pg_stat_activity a on a.pid = b.pid`,
    [pid],
  );
  return rows.map((row) => ({
    pid: row.pid,
    login: row.login ?? "unknown",
    application: row.application ?? "",
    ...(row.since === null ? {} : { since: row.since }),
    ...(row.seconds === null ? {} : { seconds: row.seconds }),
    ...(row.query === null ? {} : { query: row.query.replaceAll(/\s+/g, " ") }),
  }));
}
