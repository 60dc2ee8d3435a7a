import { adviceOf } from "../core/advice.ts";
import { EXIT, type ExitCode } from "../contract.ts";
import { type Environment } from "../core/connection/connection-parts.ts";
import { MigratorError } from "../core/migrator-error.ts";
import { unexpected, verdictOf, withoutSecrets } from "../core/verdict.ts";
import { paint } from "./colours.ts";
import { humanOutput, jsonOutput, type Streams } from "./output.ts";
import { notify, type RunEnd } from "./notify.ts";
import { parseArguments } from "./program.ts";
import { secretsIn } from "./secrets.ts";
import { withSignals } from "./signals.ts";
import { leaveTerminationMessage } from "./termination-message.ts";

/** Commands whose failure a webhook hears of: those that were to change a database. */
const TOLD_COMMANDS: readonly string[] = ["up", "down"];

/** Where a command runs. */
export interface CliHost {
  readonly argv: readonly string[];
  readonly env: Environment;
  readonly streams: Streams;
  /** Whether people look at the output. */
  readonly terminal: boolean;
  /** Whether they see colours; default `false`. */
  readonly colour?: boolean;
}

/** Runs one command from its arguments to its exit code. The only place that prints. */
export async function runCli(host: CliHost): Promise<ExitCode> {
  const secrets = secretsIn(host.env);
  const clean = (text: string): string => withoutSecrets(text, secrets);
  const streams: Streams = {
    out: (text) => host.streams.out(clean(text)),
    err: (text) => host.streams.err(clean(text)),
  };
  const parsed = await parseArguments(host.argv, streams);
  if (parsed === "ended") return EXIT.done;

  const output =
    parsed.json || !host.terminal
      ? jsonOutput(streams)
      : humanOutput(streams, host.colour === true ? paint : undefined);
  const leave = (text: string): void =>
    leaveTerminationMessage(host.env, clean(text), (message) =>
      output.event({ event: "notice", message }),
    );
  const tell = async (end: RunEnd): Promise<void> => {
    const problem = await notify(host.env, { ...end, text: clean(end.text) });
    if (problem !== undefined) {
      output.event({ event: "notice", message: `the webhook was not told: ${problem}` });
    }
  };
  try {
    const { report, failure } = await withSignals(adviceOf(host.env), (signal) =>
      parsed.action({ env: host.env, signal, onEvent: output.event }),
    );
    output.report(report);
    if (failure !== undefined) throw failure;
    leave(report.summary);
    if (report.changed === true) await tell({ outcome: "success", text: report.summary });
    return EXIT.done;
  } catch (error) {
    const known =
      error instanceof MigratorError
        ? error
        : new MigratorError("migration", unexpected(error), {}, { cause: error });
    output.failure(known);
    const verdict = verdictOf(known);
    // First of all: whatever becomes of the webhook, the deploy shows this.
    leave(verdict);
    if (TOLD_COMMANDS.includes(parsed.command)) await tell({ outcome: "failure", text: verdict });
    return known.kind === "usage" ? EXIT.usage : EXIT.failed;
  }
}
