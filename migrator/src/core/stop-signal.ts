import { type Advice, RUNNER_ADVICE } from "./advice.ts";
import { MigratorError } from "./migrator-error.ts";

/** The state after a stop between two migrations; one that was hit inside says more. */
export const NOTHING_HALF_DONE = "nothing is half done";

/**
 * Runs `work` with a signal that is aborted by the caller's signal, or after a number of seconds.
 * What it is aborted with is a MigratorError of kind `stopped` that says which of the two it was.
 *
 * @param deadlineSeconds absent: no deadline.
 */
export async function withStopSignal<T>(
  signal: AbortSignal | undefined,
  deadlineSeconds: number | undefined,
  work: (signal: AbortSignal) => Promise<T>,
  advice: Advice = RUNNER_ADVICE,
): Promise<T> {
  const stop = new AbortController();
  const onSignal = (): void => {
    const reason: unknown = signal?.reason;
    stop.abort(
      reason instanceof MigratorError
        ? reason
        : new MigratorError("stopped", "stopped by the caller", {
            state: NOTHING_HALF_DONE,
            next: advice.again,
          }),
    );
  };
  if (signal?.aborted === true) onSignal();
  signal?.addEventListener("abort", onSignal, { once: true });
  const timer =
    deadlineSeconds === undefined
      ? undefined
      : setTimeout(() => {
          stop.abort(
            new MigratorError("stopped", `the deadline of ${deadlineSeconds} s is over`, {
              state: NOTHING_HALF_DONE,
              next: `raise the deadline (${advice.deadline}) where the work needs it, then ${advice.again}`,
            }),
          );
        }, deadlineSeconds * 1000);
  try {
    return await work(stop.signal);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onSignal);
  }
}
