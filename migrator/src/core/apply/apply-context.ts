import type { Advice } from "../advice.ts";
import type { Session } from "../connection/session.ts";
import type { EventListener } from "../events.ts";
import type { RunIdentity } from "../history/event-write.ts";
import type { WaitBudget } from "../wait-budget.ts";

/** What every way of applying a migration needs. */
export interface ApplyContext {
  readonly session: Session;
  readonly run: RunIdentity;
  readonly signal: AbortSignal;
  readonly onEvent: EventListener;
  readonly advice: Advice;
  /** What is left for waits, of all migrations of the run. */
  readonly waits: WaitBudget;
  /** Bound of each statement of a migration, in seconds; `null`: the server's own. */
  readonly statementTimeoutSeconds: number | null;
  /** After how long a running statement is reported, in seconds. */
  readonly progressSeconds: number;
  /** Settings of the runner's session, put back after each migration: SQL with a `;` at its end. */
  readonly sessionSettings: string;
  /** The newest version that is applied, for messages; `null`: none. */
  readonly lastGood: () => string | null;
}

/**
 * What a session is put back with: all of DISCARD ALL (which cannot stand in a message of several
 * statements) but the advisory locks, one of which is the runner's. The role comes last: it goes back to
 * the one that the login was given (`ALTER ROLE … SET role`), which a reset of the authorization forgets.
 */
const FORGET =
  "close all;deallocate all;unlisten *;discard temp;discard sequences;reset session authorization;reset all;reset role;";

/**
 * Puts the session back as it was before a migration: a file may hold `SET search_path`, as every
 * pg_dump does, and the next file must not feel it.
 */
export function resetSession(context: ApplyContext): string {
  return `${FORGET}${context.sessionSettings}`;
}

/** The state of a database in which a migration was rolled back. */
export function rolledBack(context: ApplyContext): string {
  const last = context.lastGood();
  return last === null
    ? "rolled back; no migration is applied"
    : `rolled back; the database is as ${last} left it`;
}
