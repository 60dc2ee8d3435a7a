import { type Command, Option } from "commander";

import type { Phase } from "../bundle/types.ts";

import {
  DEFAULT_INTERVAL,
  DEFAULT_TRIES,
  preflight,
  type PreflightResult,
} from "../commands/preflight.ts";
import { askForBackup } from "../commands/backup-verdict.ts";
import type { HistoryChoice } from "../adopt/find-history.ts";
import { FOREIGN_TOOLS } from "../contract.ts";
import { schemaTargets } from "../commands/schema-targets.ts";
import { writeVerdict } from "../commands/verdict-file.ts";
import { DEFAULT_GATE_TIMEOUT, waitForSchema } from "../commands/wait-schema.ts";
import { MigratorError, usageError } from "../core/migrator-error.ts";
import { unexpected, verdictOf } from "../core/verdict.ts";
import {
  type CommandAction,
  type CommandContext,
  type CommandOutcome,
  type CommonOptions,
  migrationsFolder,
} from "./context.ts";
import { count, gather, historyChoice, seconds, secondsOrNone } from "./option-values.ts";
import type { Report } from "./output.ts";

interface WaitOptions extends CommonOptions {
  readonly migrations?: string;
  readonly expectOwner?: boolean;
  readonly tries: number;
  readonly interval: number;
  readonly within?: number;
  readonly verdict?: string;
  readonly backup?: string;
  readonly phase?: Phase;
  readonly schema?: readonly string[];
  readonly min?: readonly string[];
  readonly timeout: number;
  readonly seal?: HistoryChoice;
}

const EXAMPLES = `
Examples:
  migrator wait --migrations ./migrations      the server answers, and this is what up would do
  migrator wait --schema AUTH=/gate/auth/schema.json --min AUTH=0013_add_email
                                               AUTH_DATABASE_URL has the schema that a pod needs`;

/** Declares `wait`. */
export function declareWait(command: Command, run: (action: CommandAction) => void): void {
  command
    .description("wait for the server, or with --schema or --min for a schema")
    .option("--tries <n>", "how often to connect", count, DEFAULT_TRIES)
    .option("--interval <seconds>", "pause between two tries", secondsOrNone, DEFAULT_INTERVAL)
    .option("--within <seconds>", "bound of all tries", seconds)
    .option("--migrations <dir>", "folder to compare with the history (or MIGRATIONS_DIR)")
    .option("--expect-owner", "fail unless the current role owns the database")
    .option("--verdict <file>", "always end with 0 and leave the verdict there for `up --verdict`")
    .option("--backup <dir>", "ask there for a backup where something is pending")
    .addOption(
      new Option("--phase <phase>", "what counts as pending; both phases otherwise").choices([
        "expand",
        "contract",
      ]),
    )
    .option("--schema <[PREFIX=]file>", "wait for the migrations named in this file", gather)
    .option("--min <[PREFIX=]version>", "wait for this version", gather)
    .option("--timeout <seconds>", "bound of the wait for a schema", seconds, DEFAULT_GATE_TIMEOUT)
    .option(
      "--seal <tool[=table]>",
      `let nobody but its owner write this tool's history (${FOREIGN_TOOLS.join(", ")})`,
      historyChoice,
    )
    .addHelpText("after", EXAMPLES)
    .action((options: WaitOptions) => {
      const gate = options.schema !== undefined || options.min !== undefined;
      run(
        gate
          ? (context) => waitSchema(options, context)
          : options.verdict === undefined
            ? (context) => waitServer(options, context)
            : (context) =>
                leavingVerdict(options.verdict ?? "", () => waitServer(options, context)),
      );
    });
}

async function waitServer(
  options: WaitOptions,
  { env, signal, onEvent }: CommandContext,
): Promise<CommandOutcome> {
  const migrations = migrationsFolder(options.migrations, env);
  const result = await preflight({
    env,
    signal,
    onEvent,
    ...(migrations === undefined ? {} : { migrations }),
    expectOwner: options.expectOwner ?? false,
    ...(options.seal === undefined ? {} : { seal: options.seal }),
    tries: options.tries,
    intervalSeconds: options.interval,
    ...(options.within !== undefined && { withinSeconds: options.within }),
    connectTimeoutSeconds: options.connectTimeout,
    ...(options.phase === undefined ? {} : { phase: options.phase }),
  });
  if (options.backup !== undefined) await askForBackup(options.backup, result.pending ?? []);
  return { report: reportServer(result) };
}

async function waitSchema(
  options: WaitOptions,
  { env, signal, onEvent }: CommandContext,
): Promise<CommandOutcome> {
  if (options.verdict !== undefined) {
    throw usageError("wait", ["--verdict goes with the wait for a server, not for a schema"]);
  }
  const arrived = await waitForSchema({
    targets: schemaTargets(options.schema ?? [], options.min ?? []),
    env,
    signal,
    onEvent,
    timeoutSeconds: options.timeout,
    ...(options.seal === undefined ? {} : { seal: options.seal }),
    connectTimeoutSeconds: options.connectTimeout,
  });
  const lines = arrived.map(
    ({ database, migrations }) => `${database}: the schema is there (${migrations} migrations)`,
  );
  return {
    report: {
      lines,
      records: arrived.map((each) => ({ event: "schema", ...each })),
      summary: lines.join("; "),
    },
  };
}

/** A failed check ends with 0 all the same: Pulumi shows only what the main container says. */
async function leavingVerdict(
  file: string,
  work: () => Promise<CommandOutcome>,
): Promise<CommandOutcome> {
  const began = new Date().toISOString();
  let outcome: CommandOutcome;
  let reason = "";
  try {
    outcome = await work();
  } catch (error) {
    reason = error instanceof MigratorError ? verdictOf(error) : unexpected(error);
    const record = { event: "verdict", ok: false, reason };
    outcome = { report: { lines: [`not well: ${reason}`], records: [record], summary: reason } };
  }
  await writeVerdict(file, { format: 1, ok: reason === "", reason, began });
  return outcome;
}

function reportServer(result: PreflightResult): Report {
  const role =
    result.role === result.login ? result.role : `${result.role} (logged in as ${result.login})`;
  const pending =
    result.pending === null
      ? []
      : [`pending: ${result.pending.length === 0 ? "none" : result.pending.join(", ")}`];
  const lines = [
    `server: ${result.host}:${result.port}/${result.database}, Postgres ${result.server}`,
    `role: ${role}`,
    `migration_history: ${result.history ? "exists" : "does not exist yet"}`,
    `last applied: ${result.last ?? "none"}`,
    ...pending,
    ...result.sealed.map(
      ({ table, grantee, privileges }) => `revoked on ${table} from ${grantee}: ${privileges}`,
    ),
  ];
  return { lines, records: [{ event: "ready", ...result }], summary: lines.join("\n") };
}
