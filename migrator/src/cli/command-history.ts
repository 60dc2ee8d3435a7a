import type { Command } from "commander";

import { history } from "../commands/history.ts";
import type { LoggedEvent } from "../core/history/read-events.ts";
import type { CommandAction, CommonOptions } from "./context.ts";

/** Declares `history`. */
export function declareHistory(command: Command, run: (action: CommandAction) => void): void {
  command
    .description("list what was done, when, by whom and how long it took; failures too")
    .addHelpText(
      "after",
      "\nExample:\n  DATABASE_URL=postgres://me@localhost/shop migrator history",
    )
    .action((options: CommonOptions) => {
      run(async ({ env, signal, onEvent }) => {
        const connectTimeoutSeconds = options.connectTimeout;
        const rows = await history({ env, signal, onEvent, connectTimeoutSeconds });
        const lines = rows.length === 0 ? ["nothing was done yet"] : rows.map(describe);
        return {
          report: {
            lines,
            // The last one tells an empty history from output that was cut off.
            records: [
              ...rows.map((row) => ({ event: "migration", ...row })),
              { event: "done", command: "history", count: rows.length },
            ],
            summary: `${rows.length} in the history`,
          },
        };
      });
    });
}

function describe(logged: LoggedEvent): string {
  const { started, direction, name, durationMs, who, pod, runner, gitCommit, detail } = logged;
  const failed = logged.outcome === "failed" ? " FAILED" : "";
  const facts = [
    ...(logged.phase === null ? [] : [logged.phase]),
    `${durationMs} ms`,
    `by ${who}${pod === null ? "" : ` in ${pod}`}`,
    `runner ${runner}`,
    ...(gitCommit === null ? [] : [`commit ${gitCommit}`]),
    ...(detail === null ? [] : [detail.split("\n")[0] ?? ""]),
  ];
  return `${started}  ${direction}${failed}  ${name}  ${facts.join(", ")}`;
}
