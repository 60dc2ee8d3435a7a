import type { Command } from "commander";

import { check, type CheckResult } from "../commands/check.ts";
import { MigratorError } from "../core/migrator-error.ts";
import { type CommandAction, type CommonOptions, requireMigrations } from "./context.ts";
import type { Report } from "./output.ts";

interface CheckOptions extends CommonOptions {
  readonly migrations?: string;
  readonly strict?: boolean;
  readonly lintAfter?: string;
  readonly withDatabase?: boolean;
}

const EXAMPLES = `
Examples:
  migrator check --migrations ./migrations
  migrator check --migrations ./migrations --strict --lint-after 0042_orders
  PGDATABASE=shop PGUSER=me migrator check --migrations ./migrations --with-database

A finding is silenced by a comment directly above its statement:
  -- tidegate: allow RULE because REASON`;

/** Declares `check`. */
export function declareCheck(command: Command, run: (action: CommandAction) => void): void {
  command
    .description("find what is wrong or risky in a folder; needs no database")
    .option("--migrations <dir>", "folder of migrations (or MIGRATIONS_DIR)")
    .option("--strict", "fail on risks too")
    .option("--lint-after <version>", "judge only migrations newer than this one (name or number)")
    .option("--with-database", "compare the folder with the database's history too")
    .addHelpText("after", EXAMPLES)
    .action((options: CheckOptions) => {
      run(async ({ env, signal, onEvent }) => {
        const migrations = requireMigrations(options.migrations, env);
        const result = await check({
          env,
          signal,
          onEvent,
          migrations,
          withDatabase: options.withDatabase ?? false,
          connectTimeoutSeconds: options.connectTimeout,
          ...(options.lintAfter !== undefined && { lintAfter: options.lintAfter }),
        });
        const counts = count(result, options.strict ?? false);
        const report = await reportCheck(migrations, result, counts);
        return counts.errors === 0
          ? { report }
          : { report, failure: failure(migrations, result, counts) };
      });
    });
}

interface Counts {
  readonly errors: number;
  readonly warnings: number;
}

function count({ findings, problems, refusal }: CheckResult, strict: boolean): Counts {
  const risks = findings.filter(({ severity }) => severity === "warning").length;
  const mistakes = findings.length - risks + problems.length + (refusal === null ? 0 : 1);
  return { errors: mistakes + (strict ? risks : 0), warnings: strict ? 0 : risks };
}

async function reportCheck(
  folder: string,
  result: CheckResult,
  { errors, warnings }: Counts,
): Promise<Report> {
  const { findingText, partlyLine } = await import("../lint/index.ts");
  const { migrations, problems, findings, partly, database, refusal } = result;
  const what = migrations.length === 1 ? "1 migration" : `${migrations.length} migrations`;
  const counted = `${errors} ${errors === 1 ? "error" : "errors"}, ${warnings} ${warnings === 1 ? "warning" : "warnings"}`;
  const summary =
    problems.length > 0
      ? `${folder}: ${counted}; correct these first, the statements were not judged`
      : `${folder}: ${what}, ${counted}`;
  const compared =
    database === null
      ? []
      : [
          `${database.database}: at ${database.version ?? "no version"}, ${database.pending.length} pending`,
        ];
  return {
    lines: [
      ...problems.map(({ file, line, message }) => {
        return `error ${line === undefined ? file : `${file}:${line}`}: ${message}`;
      }),
      ...findings.map(findingText),
      ...partly.map((each) => `note ${partlyLine(each)}`),
      ...(refusal === null ? [] : [`error ${refusal.message}`]),
      ...compared,
      summary,
    ],
    records: [
      ...problems.map((problem) => ({ event: "problem", ...problem })),
      ...findings.map((finding) => ({ event: "finding", ...finding })),
      ...partly.map((each) => ({ event: "partly", ...each })),
      ...(refusal === null
        ? []
        : [{ event: "refusal", message: refusal.message, ...refusal.details }]),
      ...(database === null ? [] : [{ event: "status", ...database }]),
      { event: "done", command: "check", folder, migrations: migrations.length, errors, warnings },
    ],
    summary,
  };
}

/** A folder with mistakes is wrong use, as it is of every other command; what was judged and found is not. */
function failure(
  folder: string,
  { problems, refusal }: CheckResult,
  { errors }: Counts,
): MigratorError {
  const found = errors === 1 ? "1 error" : `${errors} errors`;
  const message = `${folder}: ${found} found`;
  if (problems.length > 0) {
    const next = problems.every(({ file }) => file === folder)
      ? "put a migration there, or name the folder that holds them: --migrations DIR"
      : "correct these files and check again; their statements were not judged yet";
    return new MigratorError("usage", message, { next });
  }
  const ways = [
    ...(errors === (refusal === null ? 0 : 1)
      ? []
      : ["correct them, or allow a risk by a comment: -- tidegate: allow RULE because REASON"]),
    ...(refusal === null ? [] : [refusal.details.next ?? "do what the refusal says"]),
  ];
  return new MigratorError("refused", message, { next: ways.join("; ") });
}
