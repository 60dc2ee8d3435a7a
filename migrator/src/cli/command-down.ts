import type { Command } from "commander";

import { down } from "../commands/down.ts";
import { DEFAULT_LOCK_WAIT } from "../commands/up.ts";
import type { DownChoice } from "../core/down/choose-rows.ts";
import { MigratorError } from "../core/migrator-error.ts";
import type { DownResult } from "../core/run-down.ts";
import { type CommandAction, type CommonOptions, migrationsFolder } from "./context.ts";
import { count, seconds, secondsOrNone } from "./option-values.ts";
import type { Report } from "./output.ts";

interface DownOptions extends CommonOptions {
  readonly migrations?: string;
  readonly to?: string;
  readonly steps?: number;
  readonly lastBatch?: boolean;
  readonly allowDataLoss?: boolean;
  readonly expectOwner?: boolean;
  readonly lockWait?: number;
  readonly statementTimeout?: number;
  readonly deadline?: number;
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
  command
    .description("undo migrations by their ways down, each in its own transaction")
    .option("--migrations <dir>", "folder of migrations (or MIGRATIONS_DIR)")
    .option("--to <version>", "undo all that is newer than this; 0: all")
    .option("--steps <number>", "undo that many, those applied last", count)
    .option("--last-batch", "undo what the last run applied")
    .option("--allow-data-loss", "run ways down that lose data")
    .option("--expect-owner", "fail unless the current role owns the database")
    .option(
      "--lock-wait <seconds>",
      `bound of waits for locks; default ${DEFAULT_LOCK_WAIT}, at most half of the deadline`,
      secondsOrNone,
    )
    .option("--statement-timeout <seconds>", "bound of each statement", seconds)
    .option("--deadline <seconds>", "end cleanly and fail after this long", seconds)
    .addHelpText("after", EXAMPLES)
    .action((options: DownOptions) => {
      run(async ({ env, signal, onEvent }) => {
        const choice = choiceOf(options);
        const migrations = migrationsFolder(options.migrations, env);
        const result = await down({
          env,
          signal,
          onEvent,
          choice,
          allowDataLoss: options.allowDataLoss ?? false,
          expectOwner: options.expectOwner ?? false,
          ...(options.lockWait === undefined ? {} : { lockWaitSeconds: options.lockWait }),
          ...(options.statementTimeout === undefined
            ? {}
            : { statementTimeoutSeconds: options.statementTimeout }),
          connectTimeoutSeconds: options.connectTimeout,
          ...(migrations === undefined ? {} : { migrations }),
          ...(options.deadline === undefined ? {} : { deadlineSeconds: options.deadline }),
        });
        return { report: reportDown(result) };
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

function reportDown(result: DownResult): Report {
  const names = result.reverted.map(({ name }) => name);
  const what = names.length === 0 ? "nothing to undo" : `undid ${names.join(", ")}`;
  const summary = `${result.database}: ${what}; at ${result.version ?? "no version"}`;
  return {
    lines: [summary],
    records: [{ event: "done", command: "down", ...result }],
    summary,
    changed: result.reverted.length > 0,
  };
}
