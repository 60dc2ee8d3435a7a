import type { Command } from "commander";

import { baseline } from "../commands/baseline.ts";
import { type CommandAction, type CommonOptions, requireMigrations } from "./context.ts";

interface BaselineOptions extends CommonOptions {
  readonly migrations?: string;
  readonly force?: boolean;
}

/** Declares `baseline`. */
export function declareBaseline(command: Command, run: (action: CommandAction) => void): void {
  command
    .description("record all migrations up to a version as done, without running them")
    .argument("<version>", "the migration that the database is at, or its number")
    .option("--migrations <dir>", "folder of migrations (or MIGRATIONS_DIR)")
    .option("--force", "also on a history that holds something, or in an empty database")
    .addHelpText("after", "\nExample:\n  migrator baseline 0041_orders --migrations ./migrations")
    .action((version: string, options: BaselineOptions) => {
      run(async ({ env, signal, onEvent }) => {
        const result = await baseline({
          env,
          signal,
          onEvent,
          version,
          migrations: requireMigrations(options.migrations, env),
          force: options.force ?? false,
          connectTimeoutSeconds: options.connectTimeout,
        });
        const { database, recorded } = result;
        const summary = `${database}: ${recorded.length === 0 ? "nothing new" : recorded.join(", ")} recorded as done without running`;
        return {
          report: {
            lines: [summary],
            records: [{ event: "done", command: "baseline", ...result }],
            summary,
          },
        };
      });
    });
}
