import type { Command } from "commander";

import { status, type StatusResult } from "../commands/status.ts";
import { MigratorError } from "../core/migrator-error.ts";
import { type CommandAction, type CommonOptions, requireMigrations } from "./context.ts";
import type { Report } from "./output.ts";

interface StatusOptions extends CommonOptions {
  readonly migrations?: string;
  readonly failOnPending?: boolean;
}

/** Declares `status`. */
export function declareStatus(command: Command, run: (action: CommandAction) => void): void {
  command
    .description("compare a folder with a database; changes nothing")
    .option("--migrations <dir>", "folder of migrations (or MIGRATIONS_DIR)")
    .option("--fail-on-pending", "end with 1 where something is pending")
    .addHelpText(
      "after",
      "\nExample:\n  PGDATABASE=shop PGUSER=me migrator status --migrations ./migrations --fail-on-pending",
    )
    .action((options: StatusOptions) => {
      run(async ({ env, signal, onEvent }) => {
        const result = await status({
          env,
          signal,
          onEvent,
          migrations: requireMigrations(options.migrations, env),
          connectTimeoutSeconds: options.connectTimeout,
        });
        const report = reportStatus(result);
        return options.failOnPending === true && result.pending.length > 0
          ? { report, failure: pendingFailure(result) }
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

function pendingFailure(result: StatusResult): MigratorError {
  return new MigratorError(
    "refused",
    `${result.database}: ${result.pending.length} pending: ${result.pending.join(", ")}`,
    { next: "run `migrator up`" },
  );
}
