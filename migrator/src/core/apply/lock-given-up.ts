import type { BundledMigration } from "../../bundle/types.ts";
import { isHeld, MIGRATE_LOCK } from "../lock.ts";
import { MigratorError } from "../migrator-error.ts";
import { type ApplyContext, rolledBack } from "./apply-context.ts";
import { transactionEnded } from "./migration-failure.ts";

const MESSAGE =
  "the migration gave up the migration lock (pg_advisory_unlock_all or DISCARD ALL): another run could have begun beside this one";

/**
 * The error of a history row that was refused: the migration ended its transaction, or gave up the lock
 * that keeps other runs out.
 *
 * @param committed what is in the database, where it committed its transaction; `null`: nothing of it.
 */
export async function guardFailure(
  context: ApplyContext,
  migration: BundledMigration,
  committed: string | null,
  cause: unknown,
): Promise<MigratorError> {
  const { client } = context.session;
  const { rows } = await client.query<{ held: boolean }>(`select ${isHeld(MIGRATE_LOCK)} as held`);
  if (committed !== null || rows[0]?.held === true) {
    return transactionEnded(migration, committed ?? "rolled back", cause);
  }
  return new MigratorError(
    "migration",
    MESSAGE,
    {
      file: migration.file,
      state: rolledBack(context),
      next: `release only the locks that it took itself, by pg_advisory_unlock(KEY), and ${context.advice.again}`,
    },
    { cause },
  );
}

/**
 * Ends the run where a statement without a transaction has given up the lock. What it did stays, and the
 * history has it; what comes after runs under the lock of the next run.
 *
 * @param rows of the statement that recorded it
 * @throws MigratorError
 */
export function assertHeld(
  context: ApplyContext,
  migration: BundledMigration,
  rows: readonly Readonly<Record<string, unknown>>[],
  state: string,
): void {
  if (rows[0]?.["held"] !== false) return;
  throw new MigratorError("migration", MESSAGE, {
    file: migration.file,
    state,
    next: context.advice.again,
  });
}
