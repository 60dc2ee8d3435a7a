import { escapeLiteral as text } from "pg";

import type { AdminPlan } from "../../contract.ts";
import { type Environment, variable } from "../connection/connection-parts.ts";
import { explained } from "../connection/explained.ts";
import { withSession } from "../connection/session.ts";
import type { ConnectionSettings } from "../connection/settings.ts";
import { MigratorError } from "../migrator-error.ts";
import { driverError, SQLSTATE } from "../sqlstate.ts";

/**
 * Gives the connection's login the password that the connection has. Where the server takes that one
 * already nothing is sent; else each of the earlier ones is tried, the likeliest first.
 *
 * @throws MigratorError of kind `bootstrap` where the server takes none of them.
 */
export async function renewOwnPassword(
  settings: ConnectionSettings,
  plan: AdminPlan,
  env: Environment,
  connectTimeoutSeconds: number,
): Promise<void> {
  if (await accepts(settings, connectTimeoutSeconds)) return;
  const sent = variable(env, plan.passwordEnv) ?? "";
  for (const password of passwordsIn(env, plan.previousEnv)) {
    const earlier = { ...settings, password };
    if (!(await accepts(earlier, connectTimeoutSeconds))) continue;
    await withSession(earlier, connectTimeoutSeconds, ({ client }) =>
      explained(earlier, () => client.query(`alter role current_user password ${text(sent)}`)),
    );
    return;
  }
  throw new MigratorError(
    "bootstrap",
    `the server takes neither the new password of ${settings.user} nor one of the earlier ones`,
    {
      next: "put server.admin.passwordGeneration back to the number that was deployed last and raise it by one; where that is not known, set the password on the server by hand (docs/operations.md, The admin's password)",
    },
  );
}

/** The list of earlier passwords; it was checked with the plan. */
export function passwordsIn(env: Environment, name: string): readonly string[] {
  const value: unknown = JSON.parse(variable(env, name) ?? "[]");
  if (!Array.isArray(value) || !value.every((entry) => typeof entry === "string")) {
    throw new SyntaxError("not a list of texts");
  }
  return value;
}

async function accepts(settings: ConnectionSettings, timeoutSeconds: number): Promise<boolean> {
  try {
    await withSession(settings, timeoutSeconds, async () => undefined);
    return true;
  } catch (error) {
    const cause = error instanceof MigratorError ? error.cause : error;
    if (driverError(cause).code === SQLSTATE.invalidPassword) return false;
    throw error;
  }
}
