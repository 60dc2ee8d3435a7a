import type { Environment } from "../core/connection/connection-parts.ts";
import { readSettings } from "../core/connection/read-settings.ts";
import { DEFAULT_CONNECT_TIMEOUT, type Session, withSession } from "../core/connection/session.ts";
import { addressOf, type ConnectionSettings } from "../core/connection/settings.ts";
import type { SchemaRequirement } from "../contract.ts";
import type { EventListener } from "../core/events.ts";
import { missingFrom, readRequirement, wantedOf } from "../core/gate/requirement.ts";
import { readState } from "../core/history/database-state.ts";
import { HISTORY } from "../core/history/history-table.ts";
import { messageOf, MigratorError } from "../core/migrator-error.ts";
import { pause } from "../core/pause.ts";
import { driverError, SQLSTATE } from "../core/sqlstate.ts";
import { withStopSignal } from "../core/stop-signal.ts";
import type { HistoryChoice } from "../adopt/find-history.ts";
import { type ForeignLack, missingFromForeign } from "./foreign-gate.ts";
import { sealHistory } from "./seal-history.ts";
import type { SchemaTarget } from "./schema-targets.ts";

/** How long a gate waits where the caller sets nothing, in seconds. */
export const DEFAULT_GATE_TIMEOUT = 300;

/** Pause between two looks, in milliseconds. */
const POLL = 2000;

/** The same reason is said again after this long, in milliseconds: silence looks like a hang. */
const REPEAT = 30_000;

export interface WaitSchemaRequest {
  readonly targets: readonly SchemaTarget[];
  readonly env: Environment;
  readonly timeoutSeconds: number;
  readonly connectTimeoutSeconds?: number;
  /** Another tool's history that nobody but its owner may write from then on; for the owner only. */
  readonly seal?: HistoryChoice;
  readonly onEvent: EventListener;
  readonly signal?: AbortSignal;
  /** Pause between two looks, in milliseconds; default 2000. */
  readonly pollMilliseconds?: number;
}

/** A schema that is there. */
export interface SchemaArrived {
  readonly database: string;
  readonly migrations: number;
}

/** Why a target is not there yet, and the command that helps. */
interface Lack {
  readonly reason: string;
  readonly next: string;
}

/**
 * The gate of a pod: waits until each target's migrations are in its database. Trouble with the
 * connection is waited through and reported: a pod that restarts with its database is no failure.
 *
 * @throws MigratorError of kind `gate` with every reason when the time is over, of kind `usage` where a
 *   connection is not given rightly.
 */
export async function waitForSchema(request: WaitSchemaRequest): Promise<readonly SchemaArrived[]> {
  const targets = request.targets.map((target) => ({
    ...target,
    ...connectionOf(target, request),
  }));
  const since = new Date().toISOString();
  const deadline = performance.now() + request.timeoutSeconds * 1000;
  const arrived: SchemaArrived[] = [];
  const said = new Map<object, { readonly reason: string; readonly at: number }>();
  let waiting = targets;
  return withStopSignal(request.signal, undefined, async (signal) => {
    for (;;) {
      const looks = await Promise.all(
        waiting.map(async (target) => ({ target, result: await look(target, request) })),
      );
      const lacks: Lack[] = [];
      for (const { target, result } of looks) {
        if ("database" in result) {
          arrived.push(result);
          continue;
        }
        lacks.push(result);
        const before = said.get(target);
        if (before?.reason === result.reason && performance.now() - before.at < REPEAT) continue;
        said.set(target, { reason: result.reason, at: performance.now() });
        const message = `waiting since ${since}: ${result.reason}`;
        request.onEvent({ event: "waiting", message, next: result.next });
      }
      waiting = looks.filter(({ result }) => "reason" in result).map(({ target }) => target);
      if (waiting.length === 0) return arrived;
      const left = deadline - performance.now();
      if (left <= 0) throw tooLate(request.timeoutSeconds, lacks);
      await pause(Math.min(request.pollMilliseconds ?? POLL, left), signal);
    }
  });
}

interface Connected extends SchemaTarget {
  readonly settings: ConnectionSettings;
}

function connectionOf(
  target: SchemaTarget,
  request: WaitSchemaRequest,
): { readonly settings: ConnectionSettings } {
  const prefix = target.prefix === "" ? "" : `${target.prefix}_`;
  const { settings, notices } = readSettings(request.env, prefix);
  for (const message of notices) request.onEvent({ event: "notice", message });
  return { settings };
}

async function look(target: Connected, request: WaitSchemaRequest): Promise<SchemaArrived | Lack> {
  const { settings } = target;
  const read = target.file === undefined ? null : await readRequirement(target.file);
  if (read !== null && "problem" in read) {
    return { reason: read.problem, next: helpFor(settings.database) };
  }
  const database = read?.requirement.database ?? settings.database;
  const help = read?.requirement.command ?? helpFor(database);
  const timeout = request.connectTimeoutSeconds ?? DEFAULT_CONNECT_TIMEOUT;
  try {
    return await withSession(settings, timeout, async (session) => {
      const { wanted, missing, reason } = await lookIn(session, target, read?.requirement);
      if (missing.length === 0) {
        if (request.seal !== undefined) await sealHistory(session, request.seal);
        return { database, migrations: wanted.length };
      }
      return {
        reason: `${database}: ${reason ?? "missing"}; waiting for ${missing.join(", ")}`,
        next: help,
      };
    });
  } catch (error) {
    const lack = deniedTo(settings, error);
    if (lack !== null) return lack;
    const next = error instanceof MigratorError ? error.details.next : undefined;
    return { reason: `${database}: ${messageOf(error)}`, next: next ?? help };
  }
}

/** What is wanted of a database, and what of it is not there. */
async function lookIn(
  session: Session,
  { min }: SchemaTarget,
  requirement: SchemaRequirement | undefined,
): Promise<ForeignLack & { readonly wanted: readonly string[] }> {
  if (requirement?.history !== undefined) {
    const wanted = [...new Set([...requirement.migrations, ...min])];
    return { wanted, ...(await missingFromForeign(session, wanted, requirement.history)) };
  }
  const { history } = await readState(session);
  const rows = history?.rows ?? [];
  const listed = requirement === undefined ? [] : wantedOf(requirement, rows);
  const wanted = [...new Set([...listed, ...min])];
  return {
    wanted,
    missing: missingFrom(wanted, rows),
    ...(history === null && { reason: `${HISTORY} does not exist` }),
  };
}

/** A login that may not read the history needs one GRANT, and nobody guesses which. */
function deniedTo(settings: ConnectionSettings, error: unknown): Lack | null {
  const { code, message } = driverError(error);
  if (code !== SQLSTATE.insufficientPrivilege) return null;
  const login = `"${settings.user.replaceAll('"', '""')}"`;
  const grant = /schema public/.test(message)
    ? `GRANT USAGE ON SCHEMA public TO ${login}`
    : `GRANT SELECT ON ${HISTORY} TO ${login}`;
  return { reason: `${addressOf(settings)} as ${settings.user}: ${message}`, next: grant };
}

/** Runs the database's Job again, where no file names the command; its resource is named after the database as a DNS label. */
function helpFor(database: string): string {
  const label = database.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  return `pulumi up --replace '**-${label}-migration-job'`;
}

function tooLate(seconds: number, lacks: readonly Lack[]): MigratorError {
  return new MigratorError(
    "gate",
    `the schema did not arrive within ${seconds} s: ${lacks.map(({ reason }) => reason).join("; ")}`,
    { next: [...new Set(lacks.map(({ next }) => next))].join("; ") },
  );
}
