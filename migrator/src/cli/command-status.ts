import { type Command, Option } from "commander";

import type { Phase } from "../bundle/types.ts";
import { status, type StatusResult } from "../commands/status.ts";
import { assertVerdict } from "../commands/verdict-file.ts";
import { MigratorError } from "../core/migrator-error.ts";
import { type CommandAction, type CommonOptions, requireMigrations } from "./context.ts";
import type { Report } from "./output.ts";

interface StatusOptions extends CommonOptions {
  readonly migrations?: string;
  readonly failOnPending?: boolean;
  readonly phase?: Phase;
  readonly next: string;
  readonly verdict?: string;
}

/** Declares `status`. */
export function declareStatus(command: Command, run: (action: CommandAction) => void): void {
  command
    .description("compare a folder with a database; changes nothing")
    .option("--migrations <dir>", "folder of migrations (or MIGRATIONS_DIR)")
    .option("--fail-on-pending", "end with 1 where something is pending")
    .addOption(
      new Option("--phase <phase>", "only migrations of this phase; both otherwise").choices([
        "expand",
        "contract",
      ]),
    )
    .option("--next <commands>", "what a refusal names as the way on", "run `migrator up`")
    .option("--verdict <file>", "fail at once with the reason that `wait --verdict` left there")
    .addHelpText(
      "after",
      "\nExample:\n  PGDATABASE=shop PGUSER=me migrator status --migrations ./migrations --fail-on-pending",
    )
    .action((options: StatusOptions) => {
      run(async ({ env, signal, onEvent }) => {
        if (options.verdict !== undefined) await assertVerdict(options.verdict);
        const result = await status({
          env,
          signal,
          onEvent,
          migrations: requireMigrations(options.migrations, env),
          connectTimeoutSeconds: options.connectTimeout,
          ...(options.phase === undefined ? {} : { phase: options.phase }),
        });
        const report = reportStatus(result);
        return options.failOnPending === true && result.pending.length > 0
          ? { report, failure: pendingFailure(result, options.next) }
          : { report };
      });
    });
}

function reportStatus(result: StatusResult): Report {
  const at = `${result.database}: at ${result.version ?? "no version"}`;
  return {
    lines: [
      `${at}, Postgres ${result.server}, as ${result.role}`,
      ...result.pending.map((name) => `pending ${name}`),
      ...result.ahead.map((name) => `ahead ${name}`),
      ...(result.pending.length === 0 ? ["nothing pending"] : []),
    ],
    records: [{ event: "status", ...result }],
    summary: `${at}, ${result.pending.length} pending`,
  };
}

function pendingFailure(result: StatusResult, next: string): MigratorError {
  return new MigratorError(
    "refused",
    `${result.database}: ${result.pending.length} pending: ${result.pending.join(", ")}`,
    { state: "nothing was changed", next },
  );
}
