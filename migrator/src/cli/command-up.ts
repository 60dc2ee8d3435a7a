import { type Command, Option } from "commander";

import type { Phase } from "../bundle/types.ts";
import { readServiceVersions } from "../commands/service-versions.ts";
import { migrate } from "../commands/up.ts";
import { defaultLeaveWait } from "../core/older-versions.ts";
import { assertVerdict } from "../commands/verdict-file.ts";
import type { RunResult } from "../core/run-migrations.ts";
import { type CommandAction, requireMigrations } from "./context.ts";
import type { Report } from "./output.ts";
import { declareRunOptions, type RunCommandOptions, runRequestOf } from "./run-options.ts";

interface UpOptions extends RunCommandOptions {
  readonly phase?: Phase;
  readonly to?: string;
  readonly ahead: "notice" | "refuse";
  readonly strict?: boolean;
  readonly outOfOrder?: boolean;
  readonly verdict?: string;
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
    .option("--strict", "the same as --ahead refuse")
    .option("--out-of-order", "allow migrations older than the newest applied one")
    .option("--verdict <file>", "fail at once with the reason that `wait --verdict` left there")
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
        const { deadline } = options;
        const result = await migrate({
          ...runRequestOf(options, context),
          // The check before this ran on the same clock of the Job.
          ...(deadline !== undefined &&
            taken > 0 && { deadlineSeconds: Math.max(1, Math.round(deadline - taken)) }),
          migrations: requireMigrations(options.migrations, context.env),
          ahead: options.strict === true ? "refuse" : options.ahead,
          outOfOrder: options.outOfOrder ?? false,
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
        return { report: reportUp(result) };
      });
    });
}

function reportUp(result: RunResult): Report {
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
  const summary = `${result.database}: ${what}; at ${result.version ?? "no version"}${ahead}`;
  return { lines: [summary], records: [{ event: "done", command: "up", ...result }], summary };
}
