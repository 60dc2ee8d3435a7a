import type { BundledMigration } from "../../bundle/types.ts";
import { sendSimple } from "../connection/simple-query.ts";
import { recordApplied } from "../history/history-write.ts";
import { MigratorError } from "../migrator-error.ts";
import { isConnectionLost } from "../sqlstate.ts";
import { type ApplyContext, resetSession, rolledBack } from "./apply-context.ts";
import { beginning } from "./apply-sql.ts";
import { evaluateMigration } from "./evaluate-module.ts";
import { MigrationConnection } from "./migration-connection.ts";
import { withTransaction } from "./migration-database.ts";
import { guardFailure } from "./lock-given-up.ts";
import { connectionLost, isGuardFailure, migrationFailure } from "./migration-failure.ts";
import { excerpt } from "./source-position.ts";
import { transactionEndIn } from "./transaction-end.ts";
import { outcomeOf } from "./transaction-outcome.ts";

/** Which way a TypeScript migration goes. */
export interface TypescriptWay {
  readonly function: "up" | "down";
  /** The statement that records it, in the same transaction. */
  readonly record: string;
  /** Looks at every statement before it is sent. */
  readonly before?: (sql: string) => Promise<void>;
}

/**
 * Applies a TypeScript migration: the runner begins, `up` gets a Kysely `Transaction` of the same
 * connection, the runner records and commits.
 *
 * @throws MigratorError with the file, the statement and the state of the database; ConnectionLost.
 */
export async function applyTypescript(
  context: ApplyContext,
  migration: BundledMigration,
  attempt: number,
  way: TypescriptWay = { function: "up", record: recordApplied(migration, context.run) },
): Promise<void> {
  const kysely = await import("./kysely-modules.ts");
  const run = evaluateMigration(
    migration,
    way.function,
    kysely.KYSELY_MODULES,
    context.advice.again,
  );
  const { client } = context.session;
  const begun = await sendSimple(client, beginning(context, attempt));
  if ("error" in begun)
    throw migrationFailure(context, migration, begun.error, {}, "nothing was run");

  const connection = new MigrationConnection(client, migration.name, async (sql) => {
    const end = transactionEndIn(sql);
    if (end !== null) throw endsTransaction(context, migration, end, sql);
    await way.before?.(sql);
  });
  try {
    await untilAborted(context.signal, connection, () =>
      withTransaction(kysely, connection, async (db) => {
        await run(db);
      }),
    );
    const unawaited = await connection.settle();
    if (connection.refusal !== undefined) throw connection.refusal;
    if (unawaited !== undefined) throw notAwaited(context, migration, way.function, unawaited);
    const end = `${way.record};commit;${resetSession(context)}`;
    const recorded = await sendSimple(client, end);
    if ("error" in recorded) throw recorded.error;
  } catch (thrown) {
    // Code that catches a refusal and throws something else must not hide it.
    const error = connection.refusal ?? thrown;
    if (isConnectionLost(error)) throw connectionLost(context, error);
    if (!context.signal.aborted) await connection.settle();
    const committed = (await outcomeOf(context, begun.firstRow)) === "committed";
    if (isGuardFailure(error)) {
      throw await guardFailure(context, migration, committed ? COMMITTED : null, error);
    }
    if (error instanceof MigratorError) throw error;
    const sql = connection.failedStatement(error);
    const state = committed ? COMMITTED : rolledBack(context);
    const place = sql === undefined ? {} : { statement: excerpt(sql) };
    throw migrationFailure(context, migration, error, place, state);
  }
}

/** Only where a COMMIT came by a way that {@link transactionEndIn} does not see. */
const COMMITTED =
  "its transaction was committed before it ended: what it has sent is in the database, but for a statement that failed";

function endsTransaction(
  context: ApplyContext,
  migration: BundledMigration,
  end: string,
  sql: string,
): MigratorError {
  return new MigratorError(
    "migration",
    `the migration sends ${end}, which would end the transaction that it runs in, and its record with it`,
    {
      file: migration.file,
      statement: excerpt(sql),
      state: rolledBack(context),
      next: `take it out (SAVEPOINT and ROLLBACK TO are allowed); what cannot run in a transaction goes into a .sql file of its own, marked no-transaction; then ${context.advice.again}`,
    },
  );
}

function notAwaited(
  context: ApplyContext,
  migration: BundledMigration,
  name: string,
  sql: string,
): MigratorError {
  return new MigratorError(
    "migration",
    `\`${name}\` ended while a query of it was still running: it is not awaited`,
    {
      file: migration.file,
      statement: excerpt(sql),
      state: "rolled back",
      next: `write \`await\` in front of every query (or return its promise), then ${context.advice.again}`,
    },
  );
}

/** Stops waiting for code that does not look at the database when the run is stopped. */
async function untilAborted(
  signal: AbortSignal,
  connection: MigrationConnection,
  work: () => Promise<void>,
): Promise<void> {
  const racing = new AbortController();
  const stopped = new Promise<never>((_resolve, reject) => {
    const stop = (): void => {
      connection.close();
      reject(signal.reason);
    };
    signal.addEventListener("abort", stop, { once: true, signal: racing.signal });
  });
  try {
    const working = work();
    // Its own failure after a stop is a consequence of the stop.
    working.catch(() => undefined);
    await Promise.race([working, stopped]);
  } finally {
    racing.abort();
  }
}
