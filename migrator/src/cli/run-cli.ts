import { adviceOf } from "../core/advice.ts";
import { EXIT, type ExitCode } from "../contract.ts";
import { type Environment } from "../core/connection/connection-parts.ts";
import { MigratorError } from "../core/migrator-error.ts";
import { unexpected, verdictOf, withoutSecrets } from "../core/verdict.ts";
import { paint } from "./colours.ts";
import { humanOutput, jsonOutput, type Streams } from "./output.ts";
import { parseArguments } from "./program.ts";
import { secretsIn } from "./secrets.ts";
import { withSignals } from "./signals.ts";
import { leaveTerminationMessage } from "./termination-message.ts";

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
  if ("ended" in parsed) return parsed.ended === "well" ? EXIT.done : EXIT.usage;

  const output =
    parsed.json || !host.terminal
      ? jsonOutput(streams)
      : humanOutput(streams, host.colour === true ? paint : undefined);
  const leave = (text: string): void =>
    leaveTerminationMessage(host.env, clean(text), (message) =>
      output.event({ event: "notice", message }),
    );
  try {
    const { report, failure } = await withSignals(adviceOf(host.env), (signal) =>
      parsed.action({ env: host.env, signal, onEvent: output.event }),
    );
    output.report(report);
    if (failure !== undefined) throw failure;
    leave(report.summary);
    return EXIT.done;
  } catch (error) {
    const known =
      error instanceof MigratorError
        ? error
        : new MigratorError("migration", unexpected(error), {}, { cause: error });
    output.failure(known);
    leave(verdictOf(known));
    return known.kind === "usage" ? EXIT.usage : EXIT.failed;
  }
}
