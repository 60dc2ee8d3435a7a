import { type Command, InvalidArgumentError } from "commander";

import { repair } from "../commands/repair.ts";
import { type CommandAction, type CommonOptions, requireMigrations } from "./context.ts";
import { gather } from "./option-values.ts";

interface Rename {
  readonly from: string;
  readonly to: string;
}

interface RepairOptions extends CommonOptions {
  readonly migrations?: string;
  readonly accept?: readonly string[];
  readonly rename?: readonly Rename[];
}

const EXAMPLES = `
Examples:
  migrator repair --accept 0012_orders --migrations ./migrations
  migrator repair --rename 0012_orders=0012_create_orders --migrations ./migrations`;

/** Declares `repair`. */
export function declareRepair(command: Command, run: (action: CommandAction) => void): void {
  command
    .description("bring the history in line with files that were changed on purpose; logged")
    .option("--migrations <dir>", "folder of migrations (or MIGRATIONS_DIR)")
    .option("--accept <name>", "take the changed file for what was applied; repeatable", gather)
    .option("--rename <old=new>", "the file has another name now; repeatable", gatherRename)
    .addHelpText("after", EXAMPLES)
    .action((options: RepairOptions) => {
      run(async ({ env, signal, onEvent }) => {
        const result = await repair({
          env,
          signal,
          onEvent,
          migrations: requireMigrations(options.migrations, env),
          accept: options.accept ?? [],
          rename: options.rename ?? [],
          connectTimeoutSeconds: options.connectTimeout,
        });
        const nothing = `${result.database}: nothing to repair, the history has it as the folder does`;
        const summary =
          result.repaired.length === 0
            ? nothing
            : `${result.database}: repaired ${result.repaired.join("; ")}`;
        return {
          report: {
            lines: result.repaired.length === 0 ? [nothing] : result.repaired,
            records: [{ event: "done", command: "repair", ...result }],
            summary,
          },
        };
      });
    });
}

function gatherRename(text: string, before: readonly Rename[] | undefined): readonly Rename[] {
  const [, from, to] = /^([^=]+)=([^=]+)$/.exec(text) ?? [];
  if (from === undefined || to === undefined) throw new InvalidArgumentError("Expected OLD=NEW.");
  return [...(before ?? []), { from, to }];
}
