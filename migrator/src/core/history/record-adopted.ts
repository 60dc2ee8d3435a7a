import { createHash } from "node:crypto";

import type { BundledMigration } from "../../bundle/types.ts";
import type { Session } from "../connection/session.ts";
import { RUNNER_VERSION } from "../version.ts";
import { recordEvent, type RunIdentity, text } from "./event-write.ts";
import { HISTORY } from "./history-table.ts";

/** One row that is recorded without anything having run. */
export interface AdoptedRow {
  readonly name: string;
  readonly outcome: "applied" | "baseline";
  /** The file; `null`: a baseline that no file stands for. */
  readonly migration: BundledMigration | null;
  readonly batch: number;
  /** When it was applied, as ISO 8601; `null`: now. */
  readonly appliedAt: string | null;
  /** Names that a baseline stands for. */
  readonly aliases: readonly string[];
  /** Where it comes from, for the log. */
  readonly detail: string;
}

/** Records rows of another tool's history, all of them or none. */
export async function recordAdopted(
  session: Session,
  rows: readonly AdoptedRow[],
  run: Omit<RunIdentity, "batch">,
): Promise<void> {
  const { client } = session;
  const statements = rows.flatMap((row, index) => [
    historyRow(row, index, run.gitCommit),
    recordEvent(
      {
        name: row.name,
        direction: "adopt",
        outcome: "done",
        phase: row.migration?.phase ?? null,
        checksum: row.migration?.checksum ?? null,
        detail: row.detail,
      },
      { ...run, batch: row.batch },
      "pg_catalog.transaction_timestamp()",
    ),
  ]);
  try {
    await client.query(["begin", ...statements, "commit"].join(";\n"));
  } catch (error) {
    await client.query("rollback").catch(() => undefined);
    throw error;
  }
}

function historyRow(row: AdoptedRow, index: number, gitCommit: string | null): string {
  const { migration } = row;
  const down = migration?.down ?? null;
  const moment =
    row.appliedAt === null
      ? "pg_catalog.transaction_timestamp()"
      : `${text(row.appliedAt)}::timestamptz`;
  // Ways down go by this order, and a tool gives one moment to all that it applied together.
  const started = `${moment} + ${index} * interval '1 microsecond'`;
  const values = [
    text(row.name),
    `array[${row.aliases.map(text).join(", ")}]::text[]`,
    text(migration?.checksum ?? "none"),
    text(migration?.kind ?? "sql"),
    text(migration?.phase ?? "expand"),
    text(row.outcome),
    row.batch,
    started,
    0,
    "session_user",
    text(RUNNER_VERSION),
    text(gitCommit),
    text(down?.kind ?? null),
    text(down?.text ?? null),
    text(down?.checksum ?? null),
    text(down === null ? null : createHash("sha256").update(down.text).digest("hex")),
  ];
  return `insert into ${HISTORY} (name, aliases, checksum, kind, phase, outcome, batch, started, duration_ms, who, runner, git_commit, down_kind, down_text, down_checksum, down_digest) values (${values.join(", ")})`;
}
