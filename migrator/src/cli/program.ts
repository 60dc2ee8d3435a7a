import { Command, CommanderError } from "commander";

import { DEFAULT_CONNECT_TIMEOUT } from "../core/connection/session.ts";
import { RUNNER_VERSION } from "../core/version.ts";
import { declareBaseline } from "./command-baseline.ts";
import { declareAdopt } from "./command-adopt.ts";
import { declareBootstrap } from "./command-bootstrap.ts";
import { declareCheck } from "./command-check.ts";
import { declareCreate } from "./command-create.ts";
import { declareDown } from "./command-down.ts";
import { declareHistory } from "./command-history.ts";
import { declarePlan } from "./command-plan.ts";
import { declareRepair } from "./command-repair.ts";
import { declareStatus } from "./command-status.ts";
import { declareUp } from "./command-up.ts";
import { declareWait } from "./command-wait.ts";
import { declareWithdraw } from "./command-withdraw.ts";
import type { CommandAction, CommonOptions } from "./context.ts";
import { seconds } from "./option-values.ts";
import type { Streams } from "./output.ts";

/** What the arguments ask for. */
export type Parsed =
  | { readonly command: string; readonly action: CommandAction; readonly json: boolean }
  /** Help or a version was printed, or the arguments were wrong and it was said how. */
  | { readonly ended: "well" | "wrong" };

const COMMANDS = {
  up: declareUp,
  down: declareDown,
  status: declareStatus,
  history: declareHistory,
  plan: declarePlan,
  check: declareCheck,
  create: declareCreate,
  wait: declareWait,
  bootstrap: declareBootstrap,
  adopt: declareAdopt,
  baseline: declareBaseline,
  repair: declareRepair,
  withdraw: declareWithdraw,
} as const;

const CONNECTION_HELP = `
Connection, the first complete set of: DATABASE_URL; PGHOST PGPORT PGDATABASE PGUSER PGPASSWORD;
POSTGRES_HOST _PORT _DB _USER _PASSWORD _SSL; DB_HOST _PORT _NAME _USER _PASSWORD.
TLS: PGSSLMODE (verify-full, verify-ca or disable), PGSSLROOTCERT, PGTLSSERVERNAME.
Exit codes: 0 done, 1 failed, 2 wrong use.`;

/** Parses arguments; what it finds is returned, not run. */
export function parseArguments(argv: readonly string[], streams: Streams): Parsed {
  const program = new Command("migrator")
    .description("runs Postgres migrations once, in order, one runner at a time")
    .version(RUNNER_VERSION)
    .exitOverride()
    .configureOutput({ writeOut: streams.out, writeErr: streams.err })
    .showHelpAfterError("(migrator --help says what is allowed)")
    .addHelpText("after", CONNECTION_HELP);
  let parsed: Parsed = { ended: "wrong" };
  for (const [name, declare] of Object.entries(COMMANDS)) {
    const command = program
      .command(name)
      .option("--json", "JSON lines, also on a terminal")
      .option(
        "--connect-timeout <seconds>",
        "bound of one try to connect",
        seconds,
        DEFAULT_CONNECT_TIMEOUT,
      )
      .allowExcessArguments(false);
    declare(command, (action) => {
      parsed = { command: name, action, json: command.opts<CommonOptions>().json === true };
    });
  }
  try {
    program.parse([...argv], { from: "user" });
    return parsed;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { ended: error.exitCode === 0 ? "well" : "wrong" };
  }
}
