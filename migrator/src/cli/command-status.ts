import { type Command, Option } from "commander";

import type { Phase } from "../bundle/types.ts";
import { status, type StatusResult } from "../commands/status.ts";
import { assertVerdict } from "../commands/verdict-file.ts";
import type { RecordedMigration } from "../core/history/recorded-migrations.ts";
import { MigratorError } from "../core/migrator-error.ts";
import { type CommandAction, type CommonOptions, requireMigrations } from "./context.ts";
import type { Report } from "./output.ts";

interface StatusOptions extends CommonOptions {
  readonly migrations?: string;
  readonly failOnPending?: boolean;
  readonly phase?: Phase;
  readonly next: string;
  readonly verdict?: string;
}

/** Declares `status`. */
export function declareStatus(command: Command, run: (action: CommandAction) => void): void {
  command
    .description("what is applied, withdrawn, half done and pending; changes nothing")
    .option("--migrations <dir>", "folder of migrations (or MIGRATIONS_DIR)")
    .option("--fail-on-pending", "end with 1 where something is pending")
    .addOption(
      new Option("--phase <phase>", "only migrations of this phase; both otherwise").choices([
        "expand",
        "contract",
      ]),
    )
    .option("--next <commands>", "what a refusal names as the way on", "run `migrator up`")
    .option("--verdict <file>", "fail at once with the reason that `wait --verdict` left there")
    .addHelpText(
      "after",
      "\nExample:\n  PGDATABASE=shop PGUSER=me migrator status --migrations ./migrations --fail-on-pending",
    )
    .action((options: StatusOptions) => {
      run(async ({ env, signal, onEvent }) => {
        if (options.verdict !== undefined) await assertVerdict(options.verdict);
        const result = await status({
          env,
          signal,
          onEvent,
          migrations: requireMigrations(options.migrations, env),
          connectTimeoutSeconds: options.connectTimeout,
          ...(options.phase === undefined ? {} : { phase: options.phase }),
        });
        const report = reportStatus(result);
        return options.failOnPending === true && result.pending.length > 0
          ? { report, failure: pendingFailure(result, options.next) }
          : { report };
      });
    });
}

function reportStatus(result: StatusResult): Report {
  const at = `${result.database}: at ${result.version ?? "no version"}`;
  const half = result.recorded.filter(({ statements }) => statements !== undefined).length;
  return {
    lines: [
      `${at}, Postgres ${result.server}, as ${result.role}`,
      ...result.recorded.map(describeRecorded),
      ...result.pending.map((name) => describePending(name, result)),
      ...result.ahead.map((name) => `ahead ${name}`),
      ...(result.pending.length === 0 ? ["nothing pending"] : []),
    ],
    records: [{ event: "status", ...result }],
    summary: `${at}, ${result.pending.length} pending${half === 0 ? "" : `, ${half} of them half done`}`,
  };
}

/** `half done 002_b: 1 of 2 statements, failed, expand, 2026-11-21T09:30:00.000Z, batch 2`. */
function describeRecorded(recorded: RecordedMigration): string {
  const { name, phase, outcome, started, batch, statements } = recorded;
  const when = `${phase}, ${started}, batch ${batch}`;
  if (statements === undefined) return `${outcome} ${name}: ${when}`;
  const { done, of } = statements;
  const how = outcome === "running" ? "running or cut short" : outcome;
  return `half done ${name}: ${done} of ${of ?? "unknown"} statements, ${how}, ${when}`;
}

function describePending(name: string, { failures }: StatusResult): string {
  const failure = failures.find((each) => each.name === name);
  if (failure === undefined) return `pending ${name}`;
  const why = failure.detail === null ? "" : `: ${failure.detail.split("\n")[0] ?? ""}`;
  return `pending ${name}, failed ${failure.finished}${why}`;
}

function pendingFailure(result: StatusResult, next: string): MigratorError {
  return new MigratorError(
    "refused",
    `${result.database}: ${result.pending.length} pending: ${result.pending.join(", ")}`,
    { state: "nothing was changed", next },
  );
}
