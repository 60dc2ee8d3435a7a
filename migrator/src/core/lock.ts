import { type Advice, RUNNER_ADVICE } from "./advice.ts";
import type { Session } from "./connection/session.ts";
import { addressOf } from "./connection/settings.ts";
import { type Blocker, describeBlocker, type EventListener } from "./events.ts";
import { MigratorError } from "./migrator-error.ts";
import type { WaitBudget } from "./wait-budget.ts";
import { type Backoff, pause, pauseAfter } from "./pause.ts";

/** A session advisory lock: a number of our own that nobody else takes by accident. */
export interface AdvisoryLock {
  readonly key: string;
  /** What it protects, for messages. */
  readonly what: string;
}

/** One run per database. First 8 bytes of SHA-256 of `tidegate:migrate`, signed. */
export const MIGRATE_LOCK: AdvisoryLock = {
  key: "1529447573069705091",
  what: "the migration lock",
};

/** One bootstrap per server, taken in the maintenance database. SHA-256 of `tidegate:bootstrap`. */
export const BOOTSTRAP_LOCK: AdvisoryLock = {
  key: "-2840960839277403493",
  what: "the bootstrap lock",
};

export interface LockOptions {
  /** What is left for waits. */
  readonly waits: WaitBudget;
  readonly signal: AbortSignal;
  readonly onEvent: EventListener;
  /** Default: the runner's own words. */
  readonly advice?: Advice;
}

/**
 * An expression: whether the session still has the lock, which {@link withLock} takes twice. One of both is
 * given back and taken again, so that nobody gets it in between, and the server looks no further than the
 * session's own memory (`pg_locks` reads the locks of all sessions). Where it has it no more it warns.
 *
 * A migration gives up all of a session's advisory locks by `pg_advisory_unlock_all()` or `DISCARD ALL`;
 * another run would begin beside this one, and neither would know.
 */
export function isHeld(lock: AdvisoryLock): string {
  return `case when pg_catalog.pg_advisory_unlock(${lock.key}) then ${take(lock)} else false end`;
}

function take({ key }: AdvisoryLock): string {
  return `pg_catalog.pg_try_advisory_lock(${key})`;
}

function release({ key }: AdvisoryLock): string {
  return `select pg_catalog.pg_advisory_unlock(${key}), pg_catalog.pg_advisory_unlock(${key})`;
}

const POLL: Backoff = { first: 50, factor: 1.5, most: 1000 };

/**
 * Holds a session advisory lock of the current database while `use` runs.
 *
 * Taken by polling: a session that blocks in `pg_advisory_lock` holds a snapshot, and a
 * CREATE INDEX CONCURRENTLY of the holder waits for that snapshot, so both wait for each other.
 *
 * @throws MigratorError of kind `locked` that names the holder.
 */
export async function withLock<T>(
  session: Session,
  lock: AdvisoryLock,
  options: LockOptions,
  use: () => Promise<T>,
): Promise<T> {
  await acquire(session, lock, options);
  try {
    return await use();
  } finally {
    // A lost connection has released it already.
    await session.client.query(release(lock)).catch(() => undefined);
  }
}

async function acquire(session: Session, lock: AdvisoryLock, options: LockOptions): Promise<void> {
  const started = performance.now();
  const deadline = started + options.waits.left;
  for (let attempt = 0; ; attempt += 1) {
    options.signal.throwIfAborted();
    const { rows } = await session.client.query<{ got: boolean }>(
      `select case when ${take(lock)} then ${take(lock)} else false end as got`,
    );
    if (rows[0]?.got === true) {
      if (attempt > 0) options.waits.spend(performance.now() - started);
      return;
    }
    const holder = await findHolder(session, lock);
    if (performance.now() >= deadline) throw heldTooLong(session, lock, options, holder);
    // Said once, and again about every 10 s: silence looks like a hang.
    if (attempt === 0 || attempt % 10 === 0) options.onEvent({ event: "lock-wait", holder });
    const left = Math.max(0, deadline - performance.now());
    await pause(Math.min(pauseAfter(POLL, attempt), left), options.signal);
  }
}

function heldTooLong(
  session: Session,
  lock: AdvisoryLock,
  options: LockOptions,
  holder: Blocker | null,
): MigratorError {
  return new MigratorError(
    "locked",
    `${lock.what} of ${addressOf(session.settings)} was held by another run for ${options.waits.seconds} s`,
    {
      ...(holder === null ? {} : { blocker: describeBlocker(holder) }),
      state: "nothing was changed",
      next:
        holder === null
          ? (options.advice ?? RUNNER_ADVICE).again
          : `let that run finish, or end it with: select pg_terminate_backend(${holder.pid})`,
    },
  );
}

/** Acting as the owner hides of the runner's own sessions all but their numbers. */
async function findHolder(session: Session, lock: AdvisoryLock): Promise<Blocker | null> {
  await session.client.query("set role none");
  try {
    return await holderOf(session, lock);
  } finally {
    await session.client.query("reset role");
  }
}

async function holderOf(session: Session, lock: AdvisoryLock): Promise<Blocker | null> {
  const { rows } = await session.client.query<{
    pid: number;
    login: string | null;
    application: string | null;
    since: string | null;
    seconds: number | null;
  }>(
    `select a.pid, a.usename::text as login, a.application_name as application,
            to_char(a.backend_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as since,
            extract(epoch from pg_catalog.clock_timestamp() - a.backend_start)::int as seconds
       from pg_catalog.pg_locks l join pg_catalog.pg_stat_activity a using (pid)
      where l.locktype = 'advisory' and l.granted and l.objsubid = 1
        and l.database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
        and ((l.classid::bigint << 32) | l.objid::bigint) = $1::bigint`,
    [lock.key],
  );
  const [row] = rows;
  if (row === undefined) return null;
  return {
    pid: row.pid,
    login: row.login ?? "unknown",
    application: row.application ?? "",
    ...(row.since === null ? {} : { since: row.since }),
    ...(row.seconds === null ? {} : { seconds: row.seconds }),
  };
}
