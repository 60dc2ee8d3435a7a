import { type Command, Option } from "commander";

import type { Phase } from "../bundle/types.ts";
import { DEFAULT_LOCK_WAIT, migrate } from "../commands/up.ts";
import { assertBackup } from "../commands/backup-verdict.ts";
import { assertVerdict } from "../commands/verdict-file.ts";
import type { RunResult } from "../core/run-migrations.ts";
import { type CommandAction, type CommonOptions, requireMigrations } from "./context.ts";
import { seconds, secondsOrNone } from "./option-values.ts";
import type { Report } from "./output.ts";

interface UpOptions extends CommonOptions {
  readonly migrations?: string;
  readonly phase?: Phase;
  readonly to?: string;
  readonly ahead: "notice" | "refuse";
  readonly strict?: boolean;
  readonly outOfOrder?: boolean;
  readonly expectOwner?: boolean;
  readonly lockWait?: number;
  readonly statementTimeout?: number;
  readonly deadline?: number;
  readonly verdict?: string;
  readonly backup?: string;
}

/** Declares `up`. */
export function declareUp(command: Command, run: (action: CommandAction) => void): void {
  command
    .description("apply what is pending, each migration in its own transaction, one run at a time")
    .option("--migrations <dir>", "folder of migrations (or MIGRATIONS_DIR)")
    .option("--to <version>", "apply nothing newer than this")
    .addOption(
      new Option("--phase <phase>", "only migrations of this phase; both otherwise").choices([
        "expand",
        "contract",
      ]),
    )
    .addOption(
      new Option("--ahead <policy>", "what a database that is ahead of the folder means")
        .choices(["notice", "refuse"])
        .default("notice"),
    )
    .option("--strict", "the same as --ahead refuse")
    .option("--out-of-order", "allow migrations older than the newest applied one")
    .option("--expect-owner", "fail unless the current role owns the database")
    .option(
      "--lock-wait <seconds>",
      `bound of waits for locks; default ${DEFAULT_LOCK_WAIT}, at most half of the deadline`,
      secondsOrNone,
    )
    .option("--statement-timeout <seconds>", "bound of each statement", seconds)
    .option("--deadline <seconds>", "end cleanly and fail after this long", seconds)
    .option("--verdict <file>", "fail at once with the reason that `wait --verdict` left there")
    .option(
      "--backup <dir>",
      "fail at once where `wait --backup` asked for a backup there and none was taken",
    )
    .addHelpText(
      "after",
      "\nExample:\n  DATABASE_URL=postgres://me:secret@localhost/shop migrator up --migrations ./migrations",
    )
    .action((options: UpOptions) => {
      run(async ({ env, signal, onEvent }) => {
        if (options.verdict !== undefined) await assertVerdict(options.verdict);
        const backup = options.backup === undefined ? null : await assertBackup(options.backup);
        const result = await migrate({
          env,
          signal,
          onEvent,
          migrations: requireMigrations(options.migrations, env),
          ahead: options.strict === true ? "refuse" : options.ahead,
          ...(options.to === undefined ? {} : { to: options.to }),
          outOfOrder: options.outOfOrder ?? false,
          expectOwner: options.expectOwner ?? false,
          ...(options.lockWait === undefined ? {} : { lockWaitSeconds: options.lockWait }),
          ...(options.statementTimeout === undefined
            ? {}
            : { statementTimeoutSeconds: options.statementTimeout }),
          connectTimeoutSeconds: options.connectTimeout,
          ...(options.phase === undefined ? {} : { phase: options.phase }),
          ...(options.deadline === undefined ? {} : { deadlineSeconds: options.deadline }),
        });
        return { report: reportUp(result, backup) };
      });
    });
}

function reportUp(result: RunResult, backup: string | null): Report {
  const names = result.applied.map(({ name }) => name);
  const what =
    names.length === 0
      ? "nothing pending"
      : `applied ${names.length === 1 ? "1 migration" : `${names.length} migrations`} (${names.join(", ")})`;
  // In the summary, as that is all that a deploy shows of a Job that succeeded.
  const ahead =
    result.ahead.length === 0
      ? ""
      : `; ahead of this folder by ${result.ahead.length}: ${result.ahead.join(", ")}`;
  const saved = backup === null ? "" : `; backup ${backup}`;
  const summary = `${result.database}: ${what}; at ${result.version ?? "no version"}${ahead}${saved}`;
  return { lines: [summary], records: [{ event: "done", command: "up", ...result }], summary };
}
