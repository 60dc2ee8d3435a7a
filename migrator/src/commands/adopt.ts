import { alembicChain } from "../adopt/alembic-chain.ts";
import { findHistory, type FoundHistory } from "../adopt/find-history.ts";
import type { Tool } from "../adopt/foreign-history.ts";
import { matchHistory } from "../adopt/match-history.ts";
import { type Adoption, planAdoption } from "../adopt/plan-adoption.ts";
import { readJournal } from "../bundle/drizzle-journal.ts";
import type { MigrationBundle } from "../bundle/types.ts";
import { ENV } from "../contract.ts";
import { prepareSession } from "../core/apply/prepare-session.ts";
import { variable } from "../core/connection/connection-parts.ts";
import { explained } from "../core/connection/explained.ts";
import { type Session, withSession } from "../core/connection/session.ts";
import { type DatabaseState, readState } from "../core/history/database-state.ts";
import { ensureHistory } from "../core/history/history-table.ts";
import { recordAdopted } from "../core/history/record-adopted.ts";
import { assertUsable } from "../core/history/usable.ts";
import { MIGRATE_LOCK, withLock } from "../core/lock.ts";
import { MigratorError } from "../core/migrator-error.ts";
import { WaitBudget } from "../core/wait-budget.ts";
import { withStopSignal } from "../core/stop-signal.ts";
import { type ConnectionRequest, resolveConnection } from "./connection-request.ts";
import { loadMigrations } from "./migrations.ts";
import { DEFAULT_LOCK_WAIT, podOf } from "./run-request.ts";

export interface AdoptRequest extends ConnectionRequest {
  /** Folder of migrations. */
  readonly migrations: string;
  /** Records it; default: only shows what would be recorded. */
  readonly write?: boolean;
  /** Whose history; default: the one that is there. */
  readonly tool?: Tool;
  /** `TABLE` or `SCHEMA.TABLE`, where the tool's settings name another than its default. */
  readonly table?: string;
  /** Version that stands for everything up to it, instead of files. */
  readonly baseline?: string;
  /** Alembic's `versions` folder, to list what its revision stands for. */
  readonly revisions?: string;
  /** The current role must own the database; default `false`. */
  readonly expectOwner?: boolean;
  /** Bound of the wait for the migration lock, in seconds; default 300. */
  readonly lockWaitSeconds?: number;
}

export interface AdoptResult {
  readonly database: string;
  readonly tool: Tool;
  /** The old history, with its schema; it stays as it is. */
  readonly table: string;
  /** What the old history says is applied, oldest first. */
  readonly found: readonly string[];
  /** What was recorded, or would be. */
  readonly recorded: readonly { readonly name: string; readonly outcome: "applied" | "baseline" }[];
  /** Files that a baseline covers. */
  readonly covered: readonly string[];
  /** What `up` applies next. */
  readonly pending: readonly string[];
  readonly notes: readonly string[];
  /** Whether it was recorded. */
  readonly written: boolean;
}

interface Look {
  readonly state: DatabaseState;
  readonly found: FoundHistory;
  readonly adoption: Adoption;
  readonly result: AdoptResult;
}

/**
 * Takes another tool's history over: runs nothing, and leaves the old table alone.
 *
 * @throws MigratorError of kind `refused` where the old history is not whole, names what has no file, or
 *   the history here is not empty.
 */
export async function adopt(request: AdoptRequest): Promise<AdoptResult> {
  const { settings, env, connectTimeoutSeconds, onEvent } = resolveConnection(request);
  const bundle = await loadMigrations(request.migrations);
  return withStopSignal(request.signal, undefined, (signal) =>
    withSession(settings, connectTimeoutSeconds, (session) =>
      explained(settings, async () => {
        const glance = await look(session, bundle, request);
        if (request.write !== true) return glance.result;
        await prepareSession(session);
        const waits = new WaitBudget(request.lockWaitSeconds ?? DEFAULT_LOCK_WAIT);
        return withLock(session, MIGRATE_LOCK, { waits, signal, onEvent }, async () => {
          // Whoever held the lock may have written either history meanwhile.
          const { state, adoption, result } = await look(session, bundle, request);
          await ensureHistory(session, state.history, signal);
          await recordAdopted(session, adoption.rows, {
            gitCommit: variable(env, ENV.gitCommit) ?? null,
            pod: podOf(env),
          });
          return { ...result, written: true };
        });
      }),
    ),
  );
}

async function look(
  session: Session,
  bundle: MigrationBundle,
  request: AdoptRequest,
): Promise<Look> {
  const usable = (state: DatabaseState): void =>
    assertUsable(session, state, request.expectOwner ?? false);
  const state = await readState(session, usable);
  usable(state);
  assertEmpty(state);
  const { tool, table } = request;
  const found = await findHistory(session, {
    ...(tool === undefined ? {} : { tool }),
    ...(table === undefined ? {} : { table }),
  });
  if (found.problems.length > 0) throw notWhole(found);
  const journal = found.tool === "drizzle" ? await readJournal(request.migrations) : null;
  const matches = matchHistory(bundle, found.entries, journal);
  const adoption = planAdoption(found, bundle, matches, request.baseline ?? null);
  const result: AdoptResult = {
    database: session.settings.database,
    tool: found.tool,
    table: found.table,
    found: await labelsOf(found, request.revisions),
    recorded: adoption.rows.map(({ name, outcome }) => ({ name, outcome })),
    covered: adoption.covered,
    pending: adoption.pending,
    notes: matches.notes,
    written: false,
  };
  return { state, found, adoption, result };
}

async function labelsOf(
  { tool, entries }: FoundHistory,
  revisions: string | undefined,
): Promise<readonly string[]> {
  const [head] = entries;
  if (tool !== "alembic" || revisions === undefined || head === undefined) {
    return entries.map(({ label }) => label);
  }
  return alembicChain(revisions, head.label);
}

function assertEmpty({ history }: DatabaseState): void {
  const rows = history?.rows ?? [];
  if (rows.length === 0) return;
  throw new MigratorError(
    "refused",
    `migration_history is not empty (${rows.length} rows, ${rows[0]?.name ?? ""} first): this database was taken over before`,
    { state: "nothing was changed", next: "see what is recorded with `migrator history`" },
  );
}

function notWhole({ tool, table, problems }: FoundHistory): MigratorError {
  const [first] = problems;
  return new MigratorError(
    "refused",
    problems.length === 1 && first !== undefined
      ? `${table} of ${tool}: ${first}`
      : `${table} of ${tool} can't be taken over:\n${problems.map((each) => `- ${each}`).join("\n")}`,
    { state: "nothing was changed" },
  );
}
