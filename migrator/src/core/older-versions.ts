import type { ServiceVersions } from "../contract.ts";
import type { Advice } from "./advice.ts";
import { type Blocker, describeBlocker, type EventListener } from "./events.ts";
import { addressOf } from "./connection/settings.ts";
import type { Session } from "./connection/session.ts";
import { MigratorError } from "./migrator-error.ts";
import { pause } from "./pause.ts";

/** Which versions of services may be connected, and what another one means. */
export interface OlderVersionsRequest {
  readonly versions: ServiceVersions;
  /** `refuse`: the run waits for them to leave, then fails; `notice`: it names them and goes on. */
  readonly policy: "refuse" | "notice";
  /** Bound of the wait, in seconds. */
  readonly waitSeconds: number;
}

/**
 * How long older versions get to leave, in seconds: a pod that was told to end may serve for its grace
 * period, 30 s by default in Kubernetes, and the next one of a rollout only then begins to end.
 */
const DEFAULT_LEAVE_WAIT = 120;

/** The same for a run with a deadline: at most half of it, so that the refusal can still say who it is. */
export function defaultLeaveWait(deadlineSeconds: number | undefined): number {
  return deadlineSeconds === undefined
    ? DEFAULT_LEAVE_WAIT
    : Math.min(DEFAULT_LEAVE_WAIT, deadlineSeconds / 2);
}

/** Pause between two looks, in milliseconds. */
const POLL = 500;

/** The same connections are named again after this long, in milliseconds: silence looks like a hang. */
const REPEAT = 10_000;

/** Connections that a message names; the rest is counted. */
const SHOWN = 5;

/**
 * A name of the form that services get, `<service>@<version>`: also of one that is no part of the stack
 * any more, as its pods are deleted only after all that a deploy makes.
 */
const VERSIONED = "^[a-z][-a-z0-9]*@[A-Za-z0-9._-]+$";

/** What stops the wait, who hears of it, and in which words the refusal advises. */
export interface OlderVersionsContext {
  readonly signal: AbortSignal;
  readonly onEvent: EventListener;
  readonly advice: Advice;
}

/**
 * Waits until no other version of a service is connected to the database.
 *
 * @throws MigratorError of kind `refused` that names who is still connected, and the way out.
 */
export async function awaitOlderVersions(
  session: Session,
  request: OlderVersionsRequest,
  { signal, onEvent, advice }: OlderVersionsContext,
): Promise<void> {
  const deadline = performance.now() + request.waitSeconds * 1000;
  let said: { readonly who: string; readonly at: number } | undefined;
  for (;;) {
    signal.throwIfAborted();
    const older = await olderVersions(session, request.versions);
    if (older.length === 0) return;
    const who = named(older);
    if (request.policy === "notice") {
      onEvent({ event: "notice", message: `an older version is connected: ${who}` });
      return;
    }
    const left = deadline - performance.now();
    if (left <= 0) throw stillThere(session, request, who, advice);
    if (said?.who !== who || performance.now() - said.at >= REPEAT) {
      said = { who, at: performance.now() };
      const message = `waiting for an older version to leave: ${who}`;
      onEvent({ event: "waiting", message, next: null });
    }
    await pause(Math.min(POLL, left), signal);
  }
}

async function olderVersions(
  session: Session,
  { services }: ServiceVersions,
): Promise<readonly Blocker[]> {
  const pairs = services.flatMap(({ logins, applicationName }) =>
    logins.map((login) => ({ login, applicationName })),
  );
  // Everybody sees pid, login and application of every session; only these are needed.
  const { rows } = await session.client.query<Blocker>(
    `select a.pid, a.usename::text as login, coalesce(a.application_name, '') as application
       from pg_catalog.pg_stat_activity a
       left join unnest($1::text[], $2::text[]) as e(login, name) on e.login = a.usename
      where a.datname = pg_catalog.current_database() and a.usename is not null
        and a.pid <> pg_catalog.pg_backend_pid()
        and coalesce(e.name <> a.application_name,
                     a.application_name ~ $3 and a.application_name <> all ($2::text[]))
      order by a.pid`,
    [pairs.map(({ login }) => login), pairs.map((pair) => pair.applicationName), VERSIONED],
  );
  return rows;
}

function named(older: readonly Blocker[]): string {
  const shown = older.slice(0, SHOWN).map(describeBlocker).join("; ");
  return older.length > SHOWN ? `${shown}; and ${older.length - SHOWN} more` : shown;
}

function stillThere(
  session: Session,
  { versions, waitSeconds }: OlderVersionsRequest,
  who: string,
  advice: Advice,
): MigratorError {
  const names = versions.services.map(({ applicationName }) => applicationName).join(", ");
  return new MigratorError(
    "refused",
    `an older version of a service is still connected to ${addressOf(session.settings)} after ${waitSeconds} s: ${who}`,
    {
      detail: `a contract migration breaks old code, so only these may be connected: ${names}; a program that sets its own application_name has to take PGAPPNAME`,
      state: "nothing was changed",
      next: `let its pods end (${versions.command}), or end a connection that nobody needs as admin: select pg_terminate_backend(PID); then ${advice.again}`,
    },
  );
}
