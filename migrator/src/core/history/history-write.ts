import { createHash } from "node:crypto";

import { escapeLiteral } from "pg";

import type { BundledMigration } from "../../bundle/types.ts";
import { RUNNER_VERSION } from "../version.ts";
import { HISTORY } from "./history-table.ts";

/** What is the same for all migrations of one run. */
export interface RunIdentity {
  readonly batch: number;
  readonly gitCommit: string | null;
}

/** The setting that holds the transaction's id while, and only while, that transaction lasts. */
export const GUARD = "tidegate.xid";

/** Sets the guard; the returned row's `xid` tells later what became of the transaction. */
export const SET_GUARD = `select pg_catalog.set_config('${GUARD}', pg_catalog.pg_current_xact_id()::text, true) as xid`;

const GUARD_HOLDS = `pg_catalog.current_setting('${GUARD}', true) = pg_catalog.pg_current_xact_id()::text`;

const COLUMNS =
  "name, checksum, kind, phase, outcome, batch, started, duration_ms, who, runner, git_commit, down_kind, down_text, down_checksum, statements_done, statement_checksums";

/**
 * The statement that records a migration in its own transaction. Where that transaction was ended by
 * the migration, the name is null and the NOT NULL of the column fails the statement: nothing is ever
 * recorded as applied that another transaction did.
 */
export function recordApplied(migration: BundledMigration, run: RunIdentity): string {
  const name = `case when ${GUARD_HOLDS} then ${text(migration.name)} end`;
  const times =
    "pg_catalog.transaction_timestamp(), (extract(epoch from pg_catalog.clock_timestamp() - pg_catalog.transaction_timestamp()) * 1000)::int";
  return `insert into ${HISTORY} (${COLUMNS}) values (${values(migration, run, name, "applied", times)}, null, null)`;
}

/** The statement that records that the statements of a no-transaction file begin to run. */
export function recordRunning(migration: BundledMigration, run: RunIdentity): string {
  const name = text(migration.name);
  const times = "pg_catalog.clock_timestamp(), 0";
  return `insert into ${HISTORY} (${COLUMNS}) values (${values(migration, run, name, "running", times)}, 0, '{}')`;
}

/** How far a no-transaction file came. */
export interface Progress {
  readonly outcome: "running" | "failed" | "applied";
  /** Checksums of the finished statements, in order. */
  readonly done: readonly string[];
}

/** The statement that records how far a no-transaction file came. */
export function recordProgress(migration: BundledMigration, progress: Progress): string {
  const checksums = progress.done.map(text).join(", ");
  return `update ${HISTORY} set outcome = ${text(progress.outcome)}, checksum = ${text(migration.checksum)},
    statements_done = ${progress.done.length}, statement_checksums = array[${checksums}]::text[],
    duration_ms = (extract(epoch from pg_catalog.clock_timestamp() - started) * 1000)::int
    where name = ${text(migration.name)}`;
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

function text(value: string | null): string {
  return value === null ? "null" : escapeLiteral(value);
}
