import type { BootstrapPlan } from "../contract.ts";
import { type BootstrapResult, runBootstrap } from "../core/bootstrap/bootstrap.ts";
import { checkPlan, parsePlan } from "../core/bootstrap/parse-plan.ts";
import { withStopSignal } from "../core/stop-signal.ts";
import { type ConnectionRequest, resolveConnection } from "./connection-request.ts";
import { DEFAULT_LOCK_WAIT } from "./run-request.ts";

export interface BootstrapRequest extends ConnectionRequest {
  /** What is to be there; text is read as JSON. Passwords are in the variables of `env` that it names. */
  readonly plan: BootstrapPlan | string;
  /** Bound of the wait for the bootstrap lock, in seconds; default 300. */
  readonly lockWaitSeconds?: number;
  /** Bound of the whole work, in seconds; default: none. */
  readonly deadlineSeconds?: number;
}

/**
 * Brings about the database, roles, privileges and logins of a plan; the connection is the admin's, to
 * the maintenance database. Safe to run again, and many times at once.
 *
 * @throws MigratorError of kind `usage` with all mistakes of the plan, of kind `bootstrap` where the
 *   server is not as the plan says afterwards.
 */
export async function bootstrap(request: BootstrapRequest): Promise<BootstrapResult> {
  const { settings, env, connectTimeoutSeconds, onEvent } = resolveConnection(request);
  const plan =
    typeof request.plan === "string" ? parsePlan(request.plan, env) : checkPlan(request.plan, env);
  return withStopSignal(request.signal, request.deadlineSeconds, (signal) =>
    runBootstrap(settings, plan, {
      lockWaitSeconds: request.lockWaitSeconds ?? DEFAULT_LOCK_WAIT,
      connectTimeoutSeconds,
      signal,
      onEvent,
      env,
    }),
  );
}
