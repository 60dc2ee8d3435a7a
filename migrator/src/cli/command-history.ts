import type { Command } from "commander";

import { history } from "../commands/history.ts";
import type { HistoryRow } from "../core/history/history-row.ts";
import type { CommandAction, CommonOptions } from "./context.ts";

/** Declares `history`. */
export function declareHistory(command: Command, run: (action: CommandAction) => void): void {
  command
    .description("list what was applied, when, by whom and how long it took")
    .addHelpText(
      "after",
      "\nExample:\n  DATABASE_URL=postgres://me@localhost/shop migrator history",
    )
    .action((options: CommonOptions) => {
      run(async ({ env, signal, onEvent }) => {
        const connectTimeoutSeconds = options.connectTimeout;
        const rows = await history({ env, signal, onEvent, connectTimeoutSeconds });
        const lines = rows.length === 0 ? ["nothing is applied"] : rows.map(describe);
        return {
          report: {
            lines,
            records: rows.map((row) => ({ event: "migration", ...row })),
            summary: `${rows.length} in the history`,
          },
        };
      });
    });
}

function describe(row: HistoryRow): string {
  const commit = row.gitCommit === null ? "" : `, commit ${row.gitCommit}`;
  return `${row.started}  ${row.outcome}  ${row.name}  ${row.phase}, batch ${row.batch}, ${row.durationMs} ms, by ${row.who}, runner ${row.runner}${commit}`;
}
