import type { MigrationBundle } from "../bundle/types.ts";
import { eventOf, text } from "../core/history/event-write.ts";
import type { HistoryEdit } from "../core/edit-history.ts";
import { type HistoryRow } from "../core/history/history-row.ts";
import { HISTORY } from "../core/history/history-table.ts";
import { isKept, setSource } from "../core/history/history-write.ts";
import { MigratorError } from "../core/migrator-error.ts";
import { edit, type EditRequest } from "./edit-request.ts";
import { namedMigration } from "./named-migration.ts";

export interface RepairRequest extends EditRequest {
  /** Migrations whose changed file is taken for what was applied. */
  readonly accept?: readonly string[];
  /** Migrations whose file has another name now. */
  readonly rename?: readonly { readonly from: string; readonly to: string }[];
}

export interface RepairResult {
  readonly database: string;
  /** One line for each change; none where all is recorded as the folder has it. */
  readonly repaired: readonly string[];
}

/**
 * Brings the history back in line with a folder that was changed on purpose; each change is logged with
 * both sides of it. Nothing leaves the history: a gate may ask for any name in it.
 *
 * @throws MigratorError where a change would hide something.
 */
export async function repair(request: RepairRequest): Promise<RepairResult> {
  const accept = request.accept ?? [];
  const rename = request.rename ?? [];
  if (accept.length + rename.length === 0) {
    throw new MigratorError("usage", "nothing to repair is named; use --accept or --rename");
  }
  const { database, edits } = await edit(request, async (bundle, { session, rows }) => {
    const planned: HistoryEdit[] = rename.map(({ from, to }) => renamed(bundle, rows, from, to));
    for (const name of accept) {
      const edited = accepted(bundle, rows, name);
      const migration = namedMigration(bundle, name);
      // A line of the log that says nothing hides the ones that do.
      if (!(await isKept(session, migration))) planned.push(edited);
    }
    return planned;
  });
  return { database, repaired: edits.map(({ event }) => `${event.name}: ${event.detail ?? ""}`) };
}

function accepted(bundle: MigrationBundle, rows: readonly HistoryRow[], name: string): HistoryEdit {
  const migration = namedMigration(bundle, name);
  const row = rowOf(rows, migration.name);
  if (row.outcome !== "applied") {
    throw refused(
      `${row.name} is ${row.outcome}; only the file of an applied migration is compared`,
    );
  }
  const detail = `checksum ${row.checksum} was applied, ${migration.checksum} is accepted`;
  return {
    statement: setSource(migration),
    event: eventOf(migration, "repair", "done", detail),
  };
}

function renamed(
  bundle: MigrationBundle,
  rows: readonly HistoryRow[],
  from: string,
  to: string,
): HistoryEdit {
  const migration = namedMigration(bundle, to);
  const row = rowOf(rows, from);
  if (
    rows.some(({ name, aliases }) => name === migration.name || aliases.includes(migration.name))
  ) {
    throw refused(`${migration.name} is in the history already`);
  }
  if (bundle.migrations.some(({ name }) => name === from)) {
    throw refused(`the folder still holds ${from}: ${migration.name} is another migration`);
  }
  if (row.checksum !== migration.checksum) {
    throw refused(
      `${migration.file} is not what was applied as ${from} (${row.checksum} then, ${migration.checksum} now): put its content back, rename, and then write the change as a new migration`,
    );
  }
  return {
    // The old name stays as an alias: gates of older images ask for it.
    statement: `update ${HISTORY} set name = ${text(migration.name)}, aliases = aliases || ${text(from)}::text where name = ${text(from)}`,
    event: eventOf(migration, "repair", "done", `renamed from ${from}`),
  };
}

function rowOf(rows: readonly HistoryRow[], name: string): HistoryRow {
  const row = rows.find((each) => each.name === name);
  if (row === undefined) throw refused(`${name} is not in the history`);
  return row;
}

function refused(message: string): MigratorError {
  return new MigratorError("refused", message, {
    state: "nothing was changed",
    next: "see `migrator history` and `migrator status`",
  });
}
