import { type Command, Option } from "commander";

import { type Tool, TOOLS } from "../adopt/foreign-history.ts";
import { adopt, type AdoptResult } from "../commands/adopt.ts";
import { DEFAULT_LOCK_WAIT } from "../commands/run-request.ts";
import { type CommandAction, type CommonOptions, requireMigrations } from "./context.ts";
import { secondsOrNone } from "./option-values.ts";
import type { Report } from "./output.ts";

interface AdoptOptions extends CommonOptions {
  readonly migrations?: string;
  readonly yes?: boolean;
  readonly from?: Tool;
  readonly table?: string;
  readonly baseline?: string;
  readonly revisions?: string;
  readonly expectOwner?: boolean;
  readonly lockWait: number;
}

/** Declares `adopt`. */
export function declareAdopt(command: Command, run: (action: CommandAction) => void): void {
  command
    .description("take over another tool's history; runs nothing, leaves the old table alone")
    .option("--migrations <dir>", "folder of migrations (or MIGRATIONS_DIR)")
    .option("--yes", "record it; otherwise it is only shown")
    .addOption(new Option("--from <tool>", "whose history, where several are there").choices(TOOLS))
    .option("--table <name>", "its table, as TABLE or SCHEMA.TABLE, where it is not the default")
    .option("--baseline <version>", "everything up to this version is in the database")
    .option("--revisions <dir>", "Alembic's versions folder, to list what its revision stands for")
    .option("--expect-owner", "fail unless the current role owns the database")
    .option("--lock-wait <seconds>", "bound of waits for locks", secondsOrNone, DEFAULT_LOCK_WAIT)
    .addHelpText(
      "after",
      "\nExample:\n  DATABASE_URL=postgres://me:secret@localhost/shop migrator adopt --migrations ./migrations\n  and the same with --yes when what it shows is right",
    )
    .action((options: AdoptOptions) => {
      run(async ({ env, signal, onEvent }) => {
        const { from, table, baseline, revisions } = options;
        const result = await adopt({
          env,
          signal,
          onEvent,
          migrations: requireMigrations(options.migrations, env),
          write: options.yes ?? false,
          expectOwner: options.expectOwner ?? false,
          lockWaitSeconds: options.lockWait,
          connectTimeoutSeconds: options.connectTimeout,
          ...(from === undefined ? {} : { tool: from }),
          ...(table === undefined ? {} : { table }),
          ...(baseline === undefined ? {} : { baseline }),
          ...(revisions === undefined ? {} : { revisions }),
        });
        return { report: reportAdopt(result) };
      });
    });
}

function reportAdopt(result: AdoptResult): Report {
  const { written, found, recorded, covered, pending, notes } = result;
  const verb = written ? "recorded" : "would record";
  const what = `${result.database}: ${verb} ${count(recorded.length, "migration", "migrations")} of ${result.tool} (${result.table}), ${pending.length} pending`;
  return {
    lines: [
      `${result.database}: ${result.table} of ${result.tool} has ${count(found.length, "entry", "entries")}`,
      ...found.map((label) => `found ${label}`),
      ...recorded.map(({ name, outcome }) => `${verb} ${name} (${outcome})`),
      ...covered.map((name) => `not run, as the baseline covers it: ${name}`),
      ...pending.map((name) => `pending ${name}`),
      ...notes.map((note) => `note: ${note}`),
      ...(written
        ? [`${what}; ${result.table} was left as it is`]
        : [`${what}; nothing was changed. Run it again with --yes to record this`]),
    ],
    records: [{ event: written ? "done" : "adoption", command: "adopt", ...result }],
    summary: what,
  };
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}
