import { Command, CommanderError } from "commander";

import { DEFAULT_CONNECT_TIMEOUT } from "../core/connection/session.ts";
import { MigratorError } from "../core/migrator-error.ts";
import { RUNNER_VERSION } from "../core/version.ts";
import type { CommandAction, CommonOptions } from "./context.ts";
import { seconds } from "./option-values.ts";
import type { Streams } from "./output.ts";

/** What the arguments ask for; wrong ones ask for an action that says so, as any other that fails. */
export type Parsed =
  | {
      /** Empty: none, or one that is not known. */
      readonly command: string;
      readonly action: CommandAction;
      readonly json: boolean;
    }
  /** Help or a version was printed. */
  | "ended";

type Declare = (command: Command, run: (action: CommandAction) => void) => void;

/**
 * Each with the file that declares it, which is loaded only when it is asked for: a Job waits for all that
 * its command loads.
 */
const COMMANDS: Readonly<Record<string, () => Promise<Declare>>> = {
  up: async () => (await import("./command-up.ts")).declareUp,
  down: async () => (await import("./command-down.ts")).declareDown,
  status: async () => (await import("./command-status.ts")).declareStatus,
  history: async () => (await import("./command-history.ts")).declareHistory,
  plan: async () => (await import("./command-plan.ts")).declarePlan,
  check: async () => (await import("./command-check.ts")).declareCheck,
  create: async () => (await import("./command-create.ts")).declareCreate,
  wait: async () => (await import("./command-wait.ts")).declareWait,
  bootstrap: async () => (await import("./command-bootstrap.ts")).declareBootstrap,
  adopt: async () => (await import("./command-adopt.ts")).declareAdopt,
  baseline: async () => (await import("./command-baseline.ts")).declareBaseline,
  repair: async () => (await import("./command-repair.ts")).declareRepair,
  verify: async () => (await import("./command-verify.ts")).declareVerify,
  withdraw: async () => (await import("./command-withdraw.ts")).declareWithdraw,
};

/** The name of every command. */
export const COMMAND_NAMES: readonly string[] = Object.keys(COMMANDS);

const CONNECTION_HELP = `
Connection, the first complete set of: DATABASE_URL; PGHOST PGPORT PGDATABASE PGUSER PGPASSWORD;
POSTGRES_HOST _PORT _DB _USER _PASSWORD _SSL; DB_HOST _PORT _NAME _USER _PASSWORD.
TLS: PGSSLMODE (verify-full, verify-ca or disable), PGSSLROOTCERT, PGTLSSERVERNAME.
Exit codes: 0 done, 1 failed, 2 wrong use.`;

/** Parses arguments; what it finds is returned, not run. */
export async function parseArguments(argv: readonly string[], streams: Streams): Promise<Parsed> {
  const program = new Command("migrator")
    .description("runs Postgres migrations once, in order, one runner at a time")
    .version(RUNNER_VERSION)
    .exitOverride()
    // What it would say of a mistake is thrown too, and printed where all failures are.
    .configureOutput({ writeOut: streams.out, writeErr: () => undefined })
    .addHelpText("after", CONNECTION_HELP);
  let parsed: Parsed = "ended";
  for (const [name, load] of wanted(argv)) {
    const declare = await load();
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
    if (error.exitCode === 0) return "ended";
    const command = argv[0] !== undefined && COMMAND_NAMES.includes(argv[0]) ? argv[0] : "";
    const action = (): Promise<never> => Promise.reject(wrongUse(error, command));
    return { command, action, json: argv.includes("--json") };
  }
}

/** What commander found wrong, with where the right way stands. */
function wrongUse(error: CommanderError, command: string): MigratorError {
  const message =
    error.code === "commander.help" ? "no command is given" : error.message.replace(/^error: /, "");
  const help = ["migrator", command, "--help"].filter((word) => word !== "").join(" ");
  return new MigratorError("usage", message, { next: `${help} says what is allowed` });
}

/** The command that the arguments begin with; all of them where they begin with none, for the help. */
function wanted([first]: readonly string[]): readonly (readonly [
  string,
  () => Promise<Declare>,
])[] {
  const load = first !== undefined && Object.hasOwn(COMMANDS, first) ? COMMANDS[first] : undefined;
  return first === undefined || load === undefined ? Object.entries(COMMANDS) : [[first, load]];
}
