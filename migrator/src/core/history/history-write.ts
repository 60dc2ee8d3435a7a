import { createHash } from "node:crypto";

import type { BundledMigration } from "../../bundle/types.ts";
import { isHeld, MIGRATE_LOCK } from "../lock.ts";
import type { Session } from "../connection/session.ts";
import { RUNNER_VERSION } from "../version.ts";
import { eventOf, type HistoryEvent, recordEvent, type RunIdentity, text } from "./event-write.ts";
import { HISTORY } from "./history-table.ts";

/** The setting that holds the transaction's id while, and only while, that transaction lasts. */
export const GUARD = "tidegate.xid";

/** Sets the guard; the returned row's `xid` tells later what became of the transaction. */
export const SET_GUARD = `select pg_catalog.set_config('${GUARD}', pg_catalog.pg_current_xact_id()::text, true) as xid`;

const GUARD_HOLDS = `pg_catalog.current_setting('${GUARD}', true) = pg_catalog.pg_current_xact_id()::text`;

/** The lock that keeps other runs out is still held: the migration may have dropped it. */
const LOCK_HOLDS = isHeld(MIGRATE_LOCK);

const COLUMNS =
  "name, checksum, kind, phase, outcome, batch, started, duration_ms, who, runner, git_commit, down_kind, down_text, down_checksum, statements_done, statement_checksums, down_digest";

/**
 * The statement that records a migration in its own transaction. Where that transaction was ended by
 * the migration, or the migration lock given up, the name is null and the NOT NULL of the column fails the statement: nothing is ever
 * recorded as applied that another transaction did.
 */
export function recordApplied(migration: BundledMigration, run: RunIdentity): string {
  const name = `case when ${GUARD_HOLDS} and ${LOCK_HOLDS} then ${text(migration.name)} end`;
  const times =
    "pg_catalog.transaction_timestamp(), (extract(epoch from pg_catalog.clock_timestamp() - pg_catalog.transaction_timestamp()) * 1000)::int";
  const log = recordEvent(
    eventOf(migration, "up", "done"),
    run,
    "pg_catalog.transaction_timestamp()",
  );
  // One statement for both: it is the one more that every migration costs.
  return `with log as (${log}) insert into ${HISTORY} (${COLUMNS}) values (${values(migration, run, name, "applied", times)}, null, null, ${digestOf(migration)})`;
}

/** The statement that records that the statements of a no-transaction file begin to run. */
export function recordRunning(migration: BundledMigration, run: RunIdentity): string {
  const name = text(migration.name);
  const times = "pg_catalog.clock_timestamp(), 0";
  return `insert into ${HISTORY} (${COLUMNS}) values (${values(migration, run, name, "running", times)}, 0, '{}', ${digestOf(migration)})`;
}

/** How far a no-transaction file came. */
export interface Progress {
  readonly outcome: "running" | "failed" | "applied";
  /** Checksums of the finished statements, in order. */
  readonly done: readonly string[];
}

/** The statement that records how far a no-transaction file came; its row says in `held` whether the lock is. */
export function recordProgress(migration: BundledMigration, progress: Progress): string {
  return `${updateProgress(migration, progress)} returning ${LOCK_HOLDS} as held`;
}

function updateProgress(migration: BundledMigration, progress: Progress): string {
  const checksums = progress.done.map(text).join(", ");
  return `update ${HISTORY} set outcome = ${text(progress.outcome)}, checksum = ${text(migration.checksum)},
    statements_done = ${progress.done.length}, statement_checksums = array[${checksums}]::text[],
    duration_ms = (extract(epoch from pg_catalog.clock_timestamp() - started) * 1000)::int
    where name = ${text(migration.name)}`;
}

/** The same of all its statements, in both tables. */
export function recordFinished(
  migration: BundledMigration,
  done: readonly string[],
  run: RunIdentity,
): string {
  const finished = `${updateProgress(migration, { outcome: "applied", done })} returning started`;
  const log = recordEvent(eventOf(migration, "up", "done"), run, "(select started from finished)");
  return `with finished as (${finished}) ${log} returning ${LOCK_HOLDS} as held`;
}

/** The statement that records a migration that is not to run, with what its outcome says instead. */
export function recordWithout(
  migration: BundledMigration,
  run: RunIdentity,
  outcome: "baseline" | "withdrawn" | "applied",
): string {
  const times = "pg_catalog.transaction_timestamp(), 0";
  return `insert into ${HISTORY} (${COLUMNS}) values (${values(migration, run, text(migration.name), outcome, times)}, null, null, ${digestOf(migration)})`;
}

/** The statement that takes a file as it is now, its way down included, for what was applied. */
export function setSource(migration: BundledMigration): string {
  const { down } = migration;
  return `update ${HISTORY} set checksum = ${text(migration.checksum)}, down_kind = ${text(down?.kind ?? null)},
    down_text = ${text(down?.text ?? null)}, down_checksum = ${text(down?.checksum ?? null)}, down_digest = ${digestOf(migration)}
    where name = ${text(migration.name)}`;
}

/** Whether the history has a file, its way down included, as it is now: {@link setSource} would change nothing. */
export async function isKept({ client }: Session, migration: BundledMigration): Promise<boolean> {
  const { down } = migration;
  const { rows } = await client.query(
    `select 1 from ${HISTORY} where name = $1 and checksum = $2
        and (down_kind, down_text, down_checksum, down_digest) is not distinct from ($3, $4, $5, ${digestOf(migration)})`,
    [migration.name, migration.checksum, down?.kind, down?.text, down?.checksum],
  );
  return rows.length > 0;
}

/**
 * The statement that takes a migration out of the history, in the transaction that ran its way down.
 * Where the row is gone, the transaction was ended by the way down, or the migration lock given up, the log's
 * name is null and fails it.
 */
export function recordReverted(event: HistoryEvent, run: RunIdentity, began: string): string {
  const name = `(select name from gone where ${GUARD_HOLDS} and ${LOCK_HOLDS})`;
  const gone = `delete from ${HISTORY} where name = ${text(event.name)} returning name`;
  return `with gone as (${gone}) ${recordEvent(event, run, began, name)}`;
}

/** The same for a way down without a transaction; its row says in `held` whether the lock is. */
export function recordRevertedAlone(event: HistoryEvent, run: RunIdentity, began: string): string {
  return `with gone as (delete from ${HISTORY} where name = ${text(event.name)}) ${recordEvent(event, run, began)} returning ${LOCK_HOLDS} as held`;
}

function digestOf({ down }: BundledMigration): string {
  return text(down === null ? null : createHash("sha256").update(down.text).digest("hex"));
}

/** Checksum of one statement of a no-transaction file. */
export function statementChecksum(statement: string): string {
  return createHash("sha256").update(statement.trim()).digest("hex");
}

function values(
  migration: BundledMigration,
  run: RunIdentity,
  name: string,
  outcome: string,
  times: string,
): string {
  const { down } = migration;
  return [
    name,
    text(migration.checksum),
    text(migration.kind),
    text(migration.phase),
    text(outcome),
    run.batch,
    times,
    "session_user",
    text(RUNNER_VERSION),
    text(run.gitCommit),
    text(down?.kind ?? null),
    text(down?.text ?? null),
    text(down?.checksum ?? null),
  ].join(", ");
}
