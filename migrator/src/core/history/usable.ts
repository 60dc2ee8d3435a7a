import type { Session } from "../connection/session.ts";
import { addressOf } from "../connection/settings.ts";
import { MigratorError } from "../migrator-error.ts";
import type { DatabaseState } from "./database-state.ts";
import { HISTORY } from "./history-table.ts";

/** The oldest major version that is tested; what the runner sends exists from 14 on. */
const OLDEST = 15;

/**
 * Checks what must hold before anything is written.
 *
 * @param expectOwner the current role must own the database: a login that lost its membership in the
 *   owner gets only a warning from Postgres, and would create objects that the owner cannot touch.
 * @throws MigratorError that names all that is wrong with the database's access.
 */
export function assertUsable(
  session: Pick<Session, "announcedPid" | "settings">,
  state: DatabaseState,
  expectOwner: boolean,
): void {
  const at = addressOf(session.settings);
  if (state.pid !== session.announcedPid) {
    throw new MigratorError(
      "connection",
      `${at} is a connection pooler: it announced backend ${session.announcedPid} and ${state.pid} answers; a lock would not hold behind it`,
      { next: "give the runner an address that leads straight to Postgres" },
    );
  }
  if (state.serverNumber < OLDEST * 10_000) {
    throw new MigratorError(
      "connection",
      `${at} runs Postgres ${state.server}; ${OLDEST} is the oldest that this runner works with`,
      { next: `upgrade the server to ${OLDEST} or newer` },
    );
  }
  if (state.standby) {
    throw new MigratorError("connection", `${at} is a standby, which cannot be written`, {
      next: "give the runner the address of the primary",
    });
  }
  assertTrusted(state, expectOwner);
}

/** The part of {@link assertUsable} that counts for reading too: nobody may forge what is read. */
export function assertTrusted(state: DatabaseState, expectOwner: boolean): void {
  if (expectOwner && state.role !== state.owner) {
    throw new MigratorError(
      "refused",
      `the current role is ${state.role}, and the database belongs to ${state.owner}: what a migration creates would belong to the wrong role`,
      {
        next: `GRANT ${quoted(state.owner)} TO ${quoted(state.login)}; ALTER ROLE ${quoted(state.login)} SET role = '${state.owner.replaceAll("'", "''")}'`,
      },
    );
  }
  if (expectOwner && state.history !== null && state.history.owner !== state.owner) {
    throw new MigratorError(
      "refused",
      `${HISTORY} belongs to ${state.history.owner}, which could forge it, and the database to ${state.owner}`,
      { next: `ALTER TABLE ${HISTORY} OWNER TO ${quoted(state.owner)}` },
    );
  }
  const writers = state.history?.writers ?? [];
  if (writers.length > 0) {
    throw new MigratorError(
      "refused",
      `${HISTORY} can be written by ${writers.map((writer) => `${writer.grantee} (${writer.privileges})`).join(" and ")}: whoever writes it can open the gate`,
      {
        next: writers
          .map((writer) => `REVOKE ${writer.privileges} ON ${HISTORY} FROM ${writer.grantee};`)
          .join(" "),
      },
    );
  }
}

function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}
