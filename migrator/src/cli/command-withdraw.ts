import type { Command } from "commander";

import { withdraw } from "../commands/withdraw.ts";
import { type CommandAction, type CommonOptions, requireMigrations } from "./context.ts";

/** Declares `withdraw`. */
export function declareWithdraw(command: Command, run: (action: CommandAction) => void): void {
  command
    .description("record that a pending contract migration is never to run here")
    .argument("<name>", "the migration, or its number")
    .option("--migrations <dir>", "folder of migrations (or MIGRATIONS_DIR)")
    .addHelpText(
      "after",
      "\nExample:\n  migrator withdraw 0042_drop_email --migrations ./migrations",
    )
    .action((name: string, options: CommonOptions & { readonly migrations?: string }) => {
      run(async ({ env, signal, onEvent }) => {
        const migrations = requireMigrations(options.migrations, env);
        const connectTimeoutSeconds = options.connectTimeout;
        const { database } = await withdraw({
          env,
          signal,
          onEvent,
          migrations,
          name,
          connectTimeoutSeconds,
        });
        const summary = `${database}: ${name} is withdrawn`;
        const record = { event: "done", command: "withdraw", database, name };
        return { report: { lines: [summary], records: [record], summary } };
      });
    });
}
