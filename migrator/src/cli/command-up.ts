import { type Command, Option } from "commander";

import type { Phase } from "../bundle/types.ts";
import { assertBackup } from "../commands/backup-verdict.ts";
import { readServiceVersions } from "../commands/service-versions.ts";
import { migrate } from "../commands/up.ts";
import { defaultLeaveWait } from "../core/older-versions.ts";
import { assertVerdict } from "../commands/verdict-file.ts";
import type { RunResult } from "../core/run-migrations.ts";
import { type CommandAction, requireMigrations } from "./context.ts";
import { countOrNone } from "./option-values.ts";
import type { Report } from "./output.ts";
import {
  declareRunOptions,
  type RunCommandOptions,
  runRequestOf,
  withoutTaken,
} from "./run-options.ts";

interface UpOptions extends RunCommandOptions {
  readonly phase?: Phase;
  readonly to?: string;
  readonly ahead: "notice" | "refuse";
  readonly strict?: boolean;
  readonly outOfOrder?: boolean;
  readonly ignoreOtherHistory?: boolean;
  readonly verdict?: string;
  readonly retries?: number;
  readonly backup?: string;
  readonly services?: string;
  readonly olderVersions: "refuse" | "notice";
}

/** Declares `up`. */
export function declareUp(command: Command, run: (action: CommandAction) => void): void {
  declareRunOptions(command)
    .description("apply what is pending, each migration in its own transaction, one run at a time")
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
    .addOption(new Option("--strict", "the same as --ahead refuse").conflicts("ahead"))
    .option("--out-of-order", "allow migrations older than the newest applied one")
    .option(
      "--ignore-other-history",
      "run everything beside another tool's history, which has nothing to do with these files",
    )
    .option(
      "--retries <n>",
      "begin again so often after a transient fault that outlasted its own waits; default 0",
      countOrNone,
    )
    .option("--verdict <file>", "fail at once with the reason that `wait --verdict` left there")
    .option(
      "--backup <dir>",
      "fail at once where `wait --backup` asked for a backup there and none was taken",
    )
    .option("--services <file>", "the versions of services that may be connected meanwhile")
    .addOption(
      new Option("--older-versions <policy>", "what another version's connection means")
        .choices(["refuse", "notice"])
        .default("refuse"),
    )
    .addHelpText(
      "after",
      "\nExample:\n  DATABASE_URL=postgres://me:secret@localhost/shop migrator up --migrations ./migrations",
    )
    .action((options: UpOptions) => {
      run(async (context) => {
        const taken = options.verdict === undefined ? 0 : await assertVerdict(options.verdict);
        const backup = options.backup === undefined ? null : await assertBackup(options.backup);
        const result = await migrate({
          ...runRequestOf(options, context),
          ...withoutTaken(options.deadline, taken),
          migrations: requireMigrations(options.migrations, context.env),
          ahead: options.strict === true ? "refuse" : options.ahead,
          outOfOrder: options.outOfOrder ?? false,
          ignoreOtherHistory: options.ignoreOtherHistory ?? false,
          ...(options.retries !== undefined && { retries: options.retries }),
          ...(options.to !== undefined && { to: options.to }),
          ...(options.phase !== undefined && { phase: options.phase }),
          ...(options.services !== undefined && {
            services: {
              versions: await readServiceVersions(options.services),
              policy: options.olderVersions,
              waitSeconds: defaultLeaveWait(options.deadline),
            },
          }),
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
  return {
    lines: [summary],
    records: [{ event: "done", command: "up", ...result }],
    summary,
    changed: names.length > 0,
  };
}
