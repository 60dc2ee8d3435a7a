import { readSql } from "../../bundle/sql-migration.ts";
import { sha256 } from "../../bundle/source-text.ts";
import type { BundledMigration, MigrationBundle } from "../../bundle/types.ts";
import type { Advice } from "../advice.ts";
import type { Session } from "../connection/session.ts";
import { HISTORY } from "../history/history-table.ts";
import type { HistoryRow } from "../history/history-row.ts";
import { MigratorError } from "../migrator-error.ts";

/** How to undo one migration: its text and statements stand in the fields of the way up. */
export type WayDown = BundledMigration;

interface KeptDown {
  readonly name: string;
  readonly kind: "sql" | "typescript" | null;
  readonly text: string | null;
  readonly checksum: string | null;
  readonly digest: string | null;
}

/**
 * The ways down of some migrations, in the given order: those that were kept when they were applied, so
 * that an image that lacks the newer files can undo them, or the folder's.
 *
 * @throws MigratorError of kind `refused` that names every migration without a way down, or with one
 *   that was changed in the table.
 */
export async function waysDown(
  session: Session,
  rows: readonly HistoryRow[],
  bundle: MigrationBundle | null,
  advice: Advice,
): Promise<readonly WayDown[]> {
  const kept = await session.client.query<KeptDown>(
    `select name, down_kind as kind, down_text as text, down_checksum as checksum, down_digest as digest
       from ${HISTORY} where name = any($1)`,
    [rows.map(({ name }) => name)],
  );
  const problems: string[] = [];
  const ways = rows.flatMap((row) => {
    const own = kept.rows.find(({ name }) => name === row.name);
    const file = bundle?.migrations.find(({ name }) => name === row.name)?.down ?? null;
    if (own?.text != null && own.kind !== null) {
      if (own.digest === sha256(own.text)) return [wayOf(row, own.kind, null, own.text)];
      problems.push(
        `the way down of ${row.name} is not what was kept when it was applied: somebody changed it in ${HISTORY}`,
      );
    } else if (file !== null) {
      return [wayOf(row, file.kind, file.file, file.text)];
    } else {
      problems.push(`${row.name} has no way down, neither in the history nor in the folder`);
    }
    return [];
  });
  if (problems.length > 0) {
    throw new MigratorError("refused", problems.join("\n"), {
      state: "nothing was changed",
      next: advice.missingDown,
    });
  }
  return ways;
}

function wayOf(
  row: HistoryRow,
  kind: "sql" | "typescript",
  named: string | null,
  text: string,
): WayDown {
  const file = named ?? `${row.name} (its way down as kept in the history)`;
  const sql = kind === "sql" ? readSql(file, text, "sql down") : null;
  return {
    name: row.name,
    kind,
    phase: row.phase,
    checksum: row.checksum,
    file,
    up: text,
    transaction: sql?.transaction ?? true,
    statements: sql?.statements ?? [],
    down: null,
  };
}
