import type { BundledMigration, StatementRange } from "../../bundle/types.ts";
import { rollBack } from "../connection/roll-back.ts";
import { sendSimple } from "../connection/simple-query.ts";
import type { HistoryRow } from "../history/history-row.ts";
import {
  type Progress,
  recordFinished,
  recordProgress,
  recordRunning,
  statementChecksum,
} from "../history/history-write.ts";
import type { MigratorError } from "../migrator-error.ts";
import { driverError, isConnectionLost } from "../sqlstate.ts";
import { type ApplyContext, resetSession } from "./apply-context.ts";
import { concurrentIndex } from "./concurrent-statement.ts";
import { retryConflicts } from "./conflict-retry.ts";
import { dropInvalid, indexState } from "./invalid-index.ts";
import { buildPlace, dropHalfRebuilt, invalidIndexes } from "./left-indexes.ts";
import { assertHeld } from "./lock-given-up.ts";
import { connectionLost, migrationFailure } from "./migration-failure.ts";
import { lineOfPosition } from "./source-position.ts";
import { boundsOf } from "./statement-bounds.ts";

/**
 * Applies a no-transaction file statement by statement and records every finished one, so that only
 * the statement in flight when a process dies can run twice.
 *
 * @param begun the row that an earlier run left; its finished statements are not run again.
 * @throws MigratorError with file, line and how far it came; ConnectionLost.
 */
export async function applyStatements(
  context: ApplyContext,
  migration: BundledMigration,
  begun: HistoryRow | undefined,
): Promise<void> {
  const { client } = context.session;
  const done: string[] = [...(begun?.statementChecksums ?? [])];
  const record = async (outcome: Progress["outcome"]): Promise<void> => {
    const { rows } = await client.query(recordProgress(migration, { outcome, done }));
    if (outcome === "running")
      assertHeld(context, migration, rows, progressOf(migration, done.length));
  };
  let finished = false;
  try {
    if (begun === undefined) await client.query(recordRunning(migration, context.run));
    else await record("running");
    for (const range of migration.statements.slice(done.length)) {
      const number = done.length + 1;
      context.onEvent({
        event: "statement",
        migration: migration.name,
        number,
        of: migration.statements.length,
        line: range.line,
      });
      // A process that died may have finished the statement without recording it; one that failed has not.
      const mayBeDone = number - 1 === begun?.statementsDone && begun.outcome === "running";
      const leftover = number - 1 === begun?.statementsDone;
      await retryConflicts(context, migration.name, (attempt) =>
        runStatement(context, migration, range, {
          attempt,
          mayBeDone,
          leftover,
          done: done.length,
        }),
      );
      done.push(statementChecksum(textOf(migration, range)));
      if (done.length < migration.statements.length) await record("running");
    }
    // All of it is done: a look that fails is no failure of the migration.
    await tellInvalid(context, migration).catch(() => undefined);
    const { rows } = await client.query(recordFinished(migration, done, context.run));
    await client.query(resetSession(context));
    finished = true;
    assertHeld(context, migration, rows, "it is applied and recorded; nothing after it was run");
  } catch (error) {
    if (isConnectionLost(error)) throw connectionLost(context, error);
    // Without a record of the failure the next run would take the statement for perhaps finished.
    if (finished) throw error;
    await rollBack(client).catch(() => undefined);
    await record("failed").catch(() => undefined);
    throw error;
  }
}

/** An INVALID index is no failure of the file, but one that nobody hears of stays for years. */
async function tellInvalid(context: ApplyContext, migration: BundledMigration): Promise<void> {
  const told = new Set<string>();
  for (const range of migration.statements) {
    const place = buildPlace(textOf(migration, range));
    if (place === null) continue;
    for (const { name, table } of await invalidIndexes(context.session.client, place)) {
      if (told.has(name)) continue;
      told.add(name);
      context.onEvent({
        event: "notice",
        message: `${migration.file}: the index ${name} of ${table} is INVALID: it costs every write and serves no read; if nobody is building it: DROP INDEX CONCURRENTLY ${name}`,
      });
    }
  }
}

interface StatementTry {
  readonly attempt: number;
  readonly mayBeDone: boolean;
  readonly leftover: boolean;
  readonly done: number;
}

async function runStatement(
  context: ApplyContext,
  migration: BundledMigration,
  range: StatementRange,
  { attempt, mayBeDone, leftover, done }: StatementTry,
): Promise<void> {
  const { client } = context.session;
  const statement = textOf(migration, range);
  const index = concurrentIndex(statement);
  if (index !== null && mayBeDone && (await indexState(client, index)) === "valid") return;
  if (index !== null && (leftover || attempt > 0) && (await dropInvalid(client, index))) {
    context.onEvent({
      event: "notice",
      message: `${migration.file}:${range.line}: dropped the invalid index ${index.index} that an interrupted run left; it is built again`,
    });
  }
  const place = leftover || attempt > 0 ? buildPlace(statement) : null;
  for (const left of place === null ? [] : await dropHalfRebuilt(client, place)) {
    context.onEvent({
      event: "notice",
      message: `${migration.file}:${range.line}: dropped the invalid index ${left} that an interrupted REINDEX left`,
    });
  }
  await client.query(boundsOf(context, statement, attempt));
  const result = await sendSimple(client, statement);
  const fail = (error: unknown, line: number): MigratorError =>
    migrationFailure(context, migration, error, { line }, progressOf(migration, done));
  if ("error" in result) {
    const { position } = driverError(result.error);
    const within = position === undefined ? 1 : lineOfPosition("", statement, Number(position));
    throw fail(result.error, range.line + within - 1);
  }
  if (client.getTransactionStatus() !== "I") {
    await rollBack(client);
    throw fail(
      new Error("a no-transaction file must not begin a transaction: it was rolled back"),
      range.line,
    );
  }
  if (index !== null && (await indexState(client, index)) === "invalid") {
    throw fail(
      new Error(
        `the index ${index.index} exists and is INVALID; IF NOT EXISTS takes it for done. Drop it (DROP INDEX CONCURRENTLY) and ${context.advice.again}`,
      ),
      range.line,
    );
  }
}

/** How far a no-transaction file came, as the state of the database. */
function progressOf(migration: BundledMigration, done: number): string {
  const rest = `the next run goes on at statement ${done + 1} of ${migration.statements.length}`;
  if (done === 0) return `no statement of it is finished; ${rest}`;
  const stays =
    done === 1 ? "statement is finished and stays" : `${done} statements are finished and stay`;
  return `its first ${stays}; ${rest}`;
}

function textOf(migration: BundledMigration, range: StatementRange): string {
  return migration.up.slice(range.start, range.end);
}
