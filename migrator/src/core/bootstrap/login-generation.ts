import { type Client, escapeIdentifier as id, escapeLiteral as text } from "pg";

import type { LoginPlan } from "../../contract.ts";
import { MigratorError } from "../migrator-error.ts";

/** What is known of a login before anything is changed. */
export interface LoginState {
  readonly canLogin: boolean;
  /** Generation of the password that it got last, as its comment says; 0: it has none. */
  readonly generation: number;
}

/** A role's comment, which every login may read. */
const COMMENT = /^tidegate: password generation (\d+)$/;

/** The state of a login; null: there is no such role. */
export async function readLogin(client: Client, role: string): Promise<LoginState | null> {
  const { rows } = await client.query<{ login: boolean; comment: string | null }>(
    `select rolcanlogin as login, pg_catalog.shobj_description(oid, 'pg_authid') as comment
       from pg_catalog.pg_roles where rolname = $1`,
    [role],
  );
  const [found] = rows;
  if (found === undefined) return null;
  const [, digits = "0"] = COMMENT.exec(found.comment ?? "") ?? [];
  return { canLogin: found.login, generation: Number(digits) };
}

/**
 * Refuses what would cut off pods that run: another password for a login that is open, and the way back
 * to an earlier generation, which locks the login in use.
 *
 * @throws MigratorError of kind `bootstrap`
 */
export function assertRotation(login: Omit<LoginPlan, "passwordEnv">, state: LoginState): void {
  const { role, canLogin, generation = 0 } = login;
  if (state.generation > generation) {
    throw new MigratorError(
      "bootstrap",
      `${role} has a password of generation ${state.generation} already, and ${generation} is asked for`,
      { next: `set passwordGeneration of the service to ${state.generation} or raise it by one` },
    );
  }
  if (canLogin && state.canLogin && state.generation < generation) {
    throw new MigratorError(
      "bootstrap",
      `${role} is to get a new password (generation ${generation}), but is open still and may be in use`,
      {
        next: `set passwordGeneration of the service to ${generation - 1}, run pulumi up to its end, then raise it by one`,
      },
    );
  }
}

/** Keeps the generation where there is one. */
export async function recordGeneration(
  client: Client,
  role: string,
  generation: number | undefined,
): Promise<void> {
  if (generation === undefined) return;
  const comment = text(`tidegate: password generation ${generation}`);
  await client.query(`comment on role ${id(role)} is ${comment}`);
}

/** How long logins that are to be locked and are open still have to be left alone, in seconds. */
export async function graceOf(client: Client, logins: readonly LoginPlan[]): Promise<number> {
  let longest = 0;
  for (const { role, canLogin, graceSeconds = 0 } of logins) {
    if (canLogin || graceSeconds <= longest) continue;
    const state = await readLogin(client, role);
    if (state?.canLogin === true) longest = graceSeconds;
  }
  return longest;
}
