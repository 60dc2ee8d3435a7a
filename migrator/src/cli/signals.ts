import { EXIT } from "../contract.ts";
import type { Advice } from "../core/advice.ts";
import { messageOf, MigratorError } from "../core/migrator-error.ts";
import { NOTHING_HALF_DONE } from "../core/stop-signal.ts";

/**
 * Runs `work` with a signal that SIGTERM and SIGINT abort. A second one ends the process at once: who
 * asks twice does not want to wait for a clean end, and the server rolls back by itself.
 *
 * A promise that a migration left alone and that was rejected aborts too; Node would end the process
 * with a stack and without a verdict.
 */
export async function withSignals<T>(
  advice: Advice,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const onSignal = (name: NodeJS.Signals): void => {
    if (stop.signal.aborted) process.exit(EXIT.failed);
    stop.abort(
      new MigratorError("stopped", `stopped by ${name}`, {
        state: NOTHING_HALF_DONE,
        next: advice.again,
      }),
    );
  };
  const onRejection = (reason: unknown): void => {
    stop.abort(
      new MigratorError(
        "migration",
        `a promise that nobody awaited was rejected: ${messageOf(reason)}`,
        { next: "await every promise in the migration" },
        { cause: reason },
      ),
    );
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
  process.on("unhandledRejection", onRejection);
  try {
    return await work(stop.signal);
  } finally {
    process.off("SIGTERM", onSignal);
    process.off("SIGINT", onSignal);
    process.off("unhandledRejection", onRejection);
  }
}
