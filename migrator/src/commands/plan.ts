import type { BundledMigration, MigrationBundle, Phase } from "../bundle/types.ts";
import { explained } from "../core/connection/explained.ts";
import { type Session, withSession } from "../core/connection/session.ts";
import { readVariableSets, variable } from "../core/connection/connection-parts.ts";
import { readState } from "../core/history/database-state.ts";
import type { HistoryRow } from "../core/history/history-row.ts";
import { HISTORY } from "../core/history/history-table.ts";
import { planRun } from "../core/history/run-plan.ts";
import { messageOf, MigratorError } from "../core/migrator-error.ts";
import { driverError } from "../core/sqlstate.ts";
import { RECONNECT_BUDGET, retryTransient } from "../core/transient-retry.ts";
import { withStopSignal } from "../core/stop-signal.ts";
import type { Recording } from "../recording/recording.ts";
import { type ConnectionRequest, resolveConnection } from "./connection-request.ts";
import { loadMigrations } from "./migrations.ts";

export interface PlanRequest extends ConnectionRequest {
  /** A folder, or migrations that are bundled already. */
  readonly migrations: string | MigrationBundle;
  /** Only migrations of this phase; default: both. */
  readonly phase?: Phase;
  /** Migrations older than the newest applied one are planned too; default: they are refused. */
  readonly outOfOrder?: boolean;
  /**
   * Whether a database is asked; otherwise all migrations are planned. Default: where a connection is
   * given.
   */
  readonly withDatabase?: boolean;
}

/** One migration that would run, with its SQL. */
export interface PlannedMigration {
  readonly name: string;
  readonly file: string;
  readonly kind: "sql" | "typescript";
  readonly phase: Phase;
  readonly transaction: boolean;
  /** In order; of TypeScript without parameters. */
  readonly statements: readonly string[];
  /** Statements at the beginning that an earlier run has finished (of a file without a transaction). */
  readonly done: number;
  /** Why a TypeScript migration may send more, or others; empty: these are all. */
  readonly partial: readonly string[];
}

export interface PlanResult {
  /** `null`: no database was asked. */
  readonly database: string | null;
  /** The newest applied version; `null`: none, or no database was asked. */
  readonly version: string | null;
  readonly migrations: readonly PlannedMigration[];
}

/**
 * The SQL that `up` would run, in order. A database is read in a READ ONLY transaction; a login that may
 * read the history is enough.
 *
 * @throws MigratorError of kind `refused` where `up` would refuse too.
 */
export async function plan(request: PlanRequest): Promise<PlanResult> {
  const bundle = await loadMigrations(request.migrations);
  const { phase, signal } = request;
  if (!(request.withDatabase ?? isConnectionGiven(request))) {
    const all = bundle.migrations.filter((each) => phase === undefined || each.phase === phase);
    return { database: null, version: null, migrations: await planned(all, new Map(), signal) };
  }
  const { settings, connectTimeoutSeconds, onEvent, advice } = resolveConnection(request);
  const rules = {
    ahead: "notice",
    outOfOrder: request.outOfOrder ?? false,
    advice,
    ...(phase !== undefined && { phase }),
  } as const;
  const { run, done } = await withStopSignal(signal, undefined, (stop) =>
    retryTransient({ budgetSeconds: RECONNECT_BUDGET, signal: stop, onEvent }, () =>
      withSession(settings, connectTimeoutSeconds, (session) =>
        explained(settings, async () => {
          const rows = await readRows(session);
          return { run: planRun(bundle, rows, rules), done: finishedStatements(rows) };
        }),
      ),
    ),
  );
  return {
    database: settings.database,
    version: run.last,
    migrations: await planned(run.pending, done, signal),
  };
}

function isConnectionGiven({ connection, env = process.env, prefix = "" }: PlanRequest): boolean {
  return (
    connection !== undefined ||
    variable(env, `${prefix}DATABASE_URL`) !== undefined ||
    readVariableSets(env, prefix).length > 0
  );
}

/** The history in a READ ONLY transaction: the server itself refuses whatever would change something. */
async function readRows(session: Session): Promise<readonly HistoryRow[]> {
  const { client } = session;
  await client.query("begin transaction read only");
  try {
    const found = await client.query<{ there: boolean }>(
      `select pg_catalog.to_regclass('${HISTORY}') is not null as there`,
    );
    if (found.rows[0]?.there !== true) return [];
    return (await readState(session)).history?.rows ?? [];
  } catch (error) {
    if (driverError(error).code !== SQLSTATE_ABORTED) throw error;
  } finally {
    await client.query("rollback");
  }
  // The statement that reads the history failed, and the look for the reason after it did too: outside
  // of a transaction it tells the reason.
  return (await readState(session)).history?.rows ?? [];
}

/** `in_failed_sql_transaction`. */
const SQLSTATE_ABORTED = "25P02";

function finishedStatements(rows: readonly HistoryRow[]): ReadonlyMap<string, number> {
  return new Map(rows.map(({ name, statementsDone }) => [name, statementsDone ?? 0]));
}

async function planned(
  migrations: readonly BundledMigration[],
  done: ReadonlyMap<string, number>,
  signal: AbortSignal | undefined,
): Promise<PlannedMigration[]> {
  const recordings = (await record(migrations, signal))[Symbol.iterator]();
  return migrations.map((migration) => {
    const { name, file, kind, phase, transaction, up } = migration;
    const recording = kind === "typescript" ? recordings.next().value : undefined;
    const statements =
      recording?.statements ?? migration.statements.map(({ start, end }) => up.slice(start, end));
    const partial = recording?.partial ?? [];
    const finished = done.get(name) ?? 0;
    return { name, file, kind, phase, transaction, statements, done: finished, partial };
  });
}

async function record(
  migrations: readonly BundledMigration[],
  signal: AbortSignal | undefined,
): Promise<readonly Recording[]> {
  const modules = migrations
    .filter(({ kind }) => kind === "typescript")
    .map(({ file, up }) => ({ file, text: up }));
  const { ParserMissingError, recordAll } = await import("../lint/parser-process.ts");
  try {
    return await recordAll(modules, signal);
  } catch (cause) {
    if (!(cause instanceof ParserMissingError)) throw cause;
    throw new MigratorError("usage", messageOf(cause), {}, { cause });
  }
}
