// Through node:timers, which loads its promises when they are first used: a start does without.
import { promises as timers } from "node:timers";

import { type Session, withSession } from "../connection/session.ts";
import type { BundledMigration } from "../../bundle/types.ts";
import type { ApplyContext } from "./apply-context.ts";
import { runningPlace } from "./running-place.ts";

/** A statement that takes this long is reported, and again each time it has taken that much longer, in seconds. */
export const DEFAULT_PROGRESS_SECONDS = 10;

/**
 * Runs `work` and tells from a second connection, opened only when it takes long, what the session is
 * doing: a log that stands still for minutes looks like a hang, and gets a good run killed. A failure to
 * look is no failure of the run.
 */
export async function reportProgress<T>(
  context: ApplyContext,
  migration: BundledMigration,
  work: () => Promise<T>,
): Promise<T> {
  let stop: AbortController | undefined;
  let watching: Promise<void> | undefined;
  // A bare timer, as most migrations end before it: to make and abort a signal for each of two hundred
  // took a tenth of the run's CPU.
  const timer = setTimeout(() => {
    stop = new AbortController();
    watching = watch(context, migration, stop.signal).catch(() => undefined);
  }, context.progressSeconds * 1000);
  try {
    return await work();
  } finally {
    clearTimeout(timer);
    stop?.abort();
    await watching;
  }
}

async function watch(
  context: ApplyContext,
  migration: BundledMigration,
  finished: AbortSignal,
): Promise<void> {
  const { session, onEvent, progressSeconds } = context;
  await withSession(session.settings, 3, async (second) => {
    // Acting as the owner hides even the runner's own sessions.
    await second.client.query("set role none");
    for (;;) {
      const seen = await look(second, session.announcedPid);
      if (finished.aborted) return;
      if (seen !== null) {
        const { query, ...progress } = seen;
        const place = runningPlace(migration, query);
        onEvent({ event: "progress", migration: migration.name, ...progress, ...place });
      }
      await timers.setTimeout(progressSeconds * 1000, undefined, { signal: finished });
    }
  });
}

interface Progress {
  /** How long the statement runs, in seconds. */
  readonly seconds: number;
  /** The beginning of the message that is being worked on. */
  readonly query: string;
  /** What it waits for, as Postgres calls it: `Lock: relation`; `null`: it works. */
  readonly waitsFor: string | null;
  /** Of an index that is built: phase and part. */
  readonly index: string | null;
}

async function look(session: Session, pid: number): Promise<Progress | null> {
  const { rows } = await session.client.query<Progress>(
    `select extract(epoch from pg_catalog.clock_timestamp() - a.query_start)::int as seconds,
            a.query,
            a.wait_event_type || ': ' || a.wait_event as "waitsFor",
            (select p.phase || case when p.blocks_total > 0
                      then ', ' || (100 * p.blocks_done / p.blocks_total) || ' % of the blocks'
                    when p.lockers_total > 0
                      then ', ' || p.lockers_done || ' of ' || p.lockers_total || ' transactions ended'
                    else '' end
               from pg_catalog.pg_stat_progress_create_index p where p.pid = a.pid limit 1) as index
       from pg_catalog.pg_stat_activity a where a.pid = $1 and a.state = 'active'`,
    [pid],
  );
  return rows[0] ?? null;
}
