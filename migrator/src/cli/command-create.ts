import type { Command } from "commander";

import { create } from "../commands/create.ts";
import { MigratorError } from "../core/migrator-error.ts";
import { type CommandAction, type CommonOptions, requireMigrations } from "./context.ts";

interface CreateOptions extends CommonOptions {
  readonly migrations?: string;
  readonly sql?: boolean;
  readonly ts?: boolean;
  readonly contract?: boolean;
}

/** Declares `create`. */
export function declareCreate(command: Command, run: (action: CommandAction) => void): void {
  command
    .description("write the files of a new migration, numbered as the folder does")
    .argument("<name>", 'what it does: "add email"')
    .option("--migrations <dir>", "folder of migrations (or MIGRATIONS_DIR)")
    .option("--sql", "in SQL, with its way down beside it (the default)")
    .option("--ts", "in TypeScript")
    .option("--contract", "for after the rollout")
    .addHelpText("after", '\nExample:\n  migrator create "add email" --migrations ./migrations')
    .action((name: string, options: CreateOptions) => {
      run(async ({ env }) => {
        if (options.sql === true && options.ts === true) {
          throw new MigratorError("usage", "give one of --sql and --ts, not both");
        }
        const folder = requireMigrations(options.migrations, env);
        const kind = options.ts === true ? "ts" : "sql";
        const { files } = await create({ folder, name, kind, contract: options.contract ?? false });
        const summary = `wrote ${files.join(" and ")} in ${folder}`;
        const record = { event: "done", command: "create", folder, files };
        return { report: { lines: [summary], records: [record], summary } };
      });
    });
}
