import { eventOf } from "../core/history/event-write.ts";
import { recordWithout } from "../core/history/history-write.ts";
import { MigratorError } from "../core/migrator-error.ts";
import { edit, type EditRequest } from "./edit-request.ts";
import { namedMigration } from "./named-migration.ts";

export interface WithdrawRequest extends EditRequest {
  /** Name of the contract migration. */
  readonly name: string;
}

/**
 * Records that a contract migration is never to run on this database, so that it no longer holds up
 * what comes after it. What it would have taken away stays.
 *
 * @throws MigratorError where it is none, or is applied.
 */
export async function withdraw(request: WithdrawRequest): Promise<{ readonly database: string }> {
  const { database } = await edit(request, async (bundle, { rows, run }) => {
    const migration = namedMigration(bundle, request.name);
    const row = rows.find(({ name }) => name === migration.name);
    if (row?.outcome === "withdrawn") return [];
    if (row !== undefined) {
      throw new MigratorError("refused", `${migration.name} is ${row.outcome}, not pending`, {
        state: "nothing was changed",
        next: "undo it with `migrator down`",
      });
    }
    if (migration.phase !== "contract") {
      throw new MigratorError(
        "refused",
        `${migration.name} is an expand migration: code that is deployed may need it`,
        { state: "nothing was changed", next: "delete its file where it is applied nowhere" },
      );
    }
    return [
      {
        statement: recordWithout(migration, run, "withdrawn"),
        event: eventOf(migration, "withdraw", "done"),
      },
    ];
  });
  return { database };
}
