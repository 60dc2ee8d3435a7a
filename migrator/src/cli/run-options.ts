import type { Command } from "commander";

import { DEFAULT_LOCK_WAIT, type RunRequest } from "../commands/run-request.ts";
import { DEFAULT_IDLE_IN_TRANSACTION } from "../core/apply/prepare-session.ts";
import type { CommandContext, CommonOptions } from "./context.ts";
import { seconds, secondsOrNone } from "./option-values.ts";

/** Options of every command that runs migrations, in whichever direction. */
export interface RunCommandOptions extends CommonOptions {
  readonly migrations?: string;
  readonly expectOwner?: boolean;
  readonly lockWait?: number;
  readonly statementTimeout?: number;
  readonly idleInTransactionTimeout?: number;
  readonly deadline?: number;
}

/** Declares them behind the command's own. */
export function declareRunOptions(command: Command): Command {
  return command
    .option("--migrations <dir>", "folder of migrations (or MIGRATIONS_DIR)")
    .option("--expect-owner", "fail unless the current role owns the database")
    .option(
      "--lock-wait <seconds>",
      `bound of all waits of the run; default ${DEFAULT_LOCK_WAIT}, at most half of the deadline`,
      secondsOrNone,
    )
    .option("--statement-timeout <seconds>", "bound of each statement", seconds)
    .option(
      "--idle-in-transaction-timeout <seconds>",
      `how long a transaction may stand idle; default ${DEFAULT_IDLE_IN_TRANSACTION}`,
      seconds,
    )
    .option("--deadline <seconds>", "end cleanly and fail after this long", seconds);
}

/**
 * The bound of a run whose pre-flight check ran before it, on the same clock of the Job.
 *
 * @param taken by the check, in seconds; 0 without one
 */
export function withoutTaken(
  deadline: number | undefined,
  taken: number,
): { readonly deadlineSeconds?: number } {
  if (deadline === undefined) return {};
  return { deadlineSeconds: taken === 0 ? deadline : Math.max(1, Math.round(deadline - taken)) };
}

/** What they ask for. */
export function runRequestOf(
  options: RunCommandOptions,
  { env, signal, onEvent }: CommandContext,
): RunRequest {
  return {
    env,
    signal,
    onEvent,
    expectOwner: options.expectOwner ?? false,
    connectTimeoutSeconds: options.connectTimeout,
    ...(options.lockWait !== undefined && { lockWaitSeconds: options.lockWait }),
    ...(options.statementTimeout !== undefined && {
      statementTimeoutSeconds: options.statementTimeout,
    }),
    ...(options.idleInTransactionTimeout !== undefined && {
      idleInTransactionSeconds: options.idleInTransactionTimeout,
    }),
    ...(options.deadline !== undefined && { deadlineSeconds: options.deadline }),
  };
}
