import type { Command } from "commander";

import { down } from "../commands/down.ts";
import { assertVerdict } from "../commands/verdict-file.ts";
import type { DownChoice } from "../core/down/choose-rows.ts";
import { MigratorError } from "../core/migrator-error.ts";
import type { DownResult } from "../core/run-down.ts";
import { type CommandAction, migrationsFolder } from "./context.ts";
import { count, secondsOrNone } from "./option-values.ts";
import type { Report } from "./output.ts";
import {
  declareRunOptions,
  type RunCommandOptions,
  runRequestOf,
  withoutTaken,
} from "./run-options.ts";

interface DownOptions extends RunCommandOptions {
  readonly to?: string;
  readonly steps?: number;
  readonly lastBatch?: boolean;
  readonly allowDataLoss?: boolean;
  readonly delay?: number;
  readonly order?: string;
  readonly dryRun?: boolean;
  readonly verdict?: string;
}

const EXAMPLES = `
Examples:
  migrator down                              undo the migration that was applied last
  migrator down --to 0041_orders             undo all that is newer; 0041_orders stays
  migrator down --last-batch --allow-data-loss

The ways down are those that were kept when the migrations were applied; a folder is needed only
for one that has none there.`;

/** Declares `down`. */
export function declareDown(command: Command, run: (action: CommandAction) => void): void {
  declareRunOptions(command)
    .description("undo migrations by their ways down, each in its own transaction")
    .option("--to <version>", "undo all that is newer than this; 0: all")
    .option("--steps <number>", "undo that many, those applied last", count)
    .option("--last-batch", "undo what the last run applied")
    .option("--allow-data-loss", "run ways down that lose data")
    .option("--delay <seconds>", "say what is undone and lost, and wait so long", secondsOrNone)
    .option("--order <name>", "with --last-batch: run again, undo nothing more than that batch")
    .option("--dry-run", "say it, refuse what would be refused, and change nothing")
    .option("--verdict <file>", "fail at once with the reason that `wait --verdict` left there")
    .addHelpText("after", EXAMPLES)
    .action((options: DownOptions) => {
      run(async (context) => {
        const choice = choiceOf(options);
        const taken = options.verdict === undefined ? 0 : await assertVerdict(options.verdict);
        const migrations = migrationsFolder(options.migrations, context.env);
        const result = await down({
          ...runRequestOf(options, context),
          ...withoutTaken(options.deadline, taken),
          choice,
          allowDataLoss: options.allowDataLoss ?? false,
          dryRun: options.dryRun ?? false,
          ...(options.delay !== undefined && { delaySeconds: options.delay }),
          ...(options.order !== undefined && { order: options.order }),
          ...(migrations !== undefined && { migrations }),
        });
        return { report: reportDown(result, options) };
      });
    });
}

function choiceOf({ to, steps, lastBatch }: DownOptions): DownChoice {
  const given: DownChoice[] = [
    ...(to === undefined ? [] : [{ to }]),
    ...(steps === undefined ? [] : [{ steps }]),
    ...(lastBatch === true ? [{ lastBatch } as const] : []),
  ];
  if (given.length > 1) {
    throw new MigratorError("usage", "give one of --to, --steps and --last-batch, not several");
  }
  return given[0] ?? { steps: 1 };
}

function reportDown(result: DownResult, { dryRun }: DownOptions): Report {
  const names = result.reverted.map(({ name }) => name);
  const what =
    dryRun === true
      ? "nothing was changed"
      : names.length === 0
        ? "nothing to undo"
        : `undid ${names.join(", ")}`;
  const summary = `${result.database}: ${what}; at ${result.version ?? "no version"}`;
  return {
    lines: [summary],
    records: [{ event: "done", command: "down", ...result }],
    summary,
    changed: result.reverted.length > 0,
  };
}
