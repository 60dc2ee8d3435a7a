import { randomBytes } from "node:crypto";

import { escapeIdentifier as id } from "pg";

import { cancelledBy } from "../connection/cancel.ts";
import { type Session, withSession } from "../connection/session.ts";
import { addressOf, type ConnectionSettings } from "../connection/settings.ts";
import type { EventListener } from "../events.ts";
import { messageOf, MigratorError } from "../migrator-error.ts";
import { driverError, SQLSTATE } from "../sqlstate.ts";
import { RECONNECT_BUDGET, retryTransient } from "../transient-retry.ts";
import type { DatabaseTraits } from "./database-traits.ts";

/** How every scratch database's name begins. */
export const SCRATCH_PREFIX = "tidegate_scratch_";

export interface ScratchOptions {
  readonly connectTimeoutSeconds: number;
  readonly signal: AbortSignal;
  readonly onEvent: EventListener;
}

/**
 * Makes an empty database on the server of `settings`, hands its settings to `use`, and drops it, also
 * after a failure or a stop.
 *
 * @throws MigratorError of kind `usage` where the login may not create databases; what `use` throws.
 */
export async function withScratchDatabase<T>(
  settings: ConnectionSettings,
  traits: DatabaseTraits,
  options: ScratchOptions,
  use: (scratch: ConnectionSettings) => Promise<T>,
): Promise<T> {
  const { connectTimeoutSeconds, signal, onEvent } = options;
  const name = `${SCRATCH_PREFIX}${randomBytes(6).toString("hex")}`;
  try {
    await withSession(settings, connectTimeoutSeconds, async (session) => {
      await tellLeftovers(session, onEvent);
      await cancelledBy(session, signal, onEvent, () => create(session, name, traits));
      for (const setting of traits.settings) {
        // One that only a superuser may set is no reason to give up: few migrations stand on it.
        await session.client.query(`alter database ${id(name)} ${setting}`).catch(() => undefined);
      }
    });
    signal.throwIfAborted();
    return await use({ ...settings, database: name });
  } finally {
    await drop(settings, name, connectTimeoutSeconds, onEvent);
  }
}

async function create(session: Session, name: string, traits: DatabaseTraits): Promise<void> {
  const { client, settings } = session;
  const sql = `create database ${id(name)} owner ${id(traits.role)} ${traits.options}`;
  try {
    await client.query(sql);
    return;
  } catch (error) {
    if (driverError(error).code !== SQLSTATE.insufficientPrivilege) throw error;
  }
  // The owner that the login acts as may not create databases; the login itself perhaps may.
  await client.query("set role none");
  try {
    await client.query(sql);
  } catch (error) {
    const { code, message } = driverError(error);
    if (code !== SQLSTATE.insufficientPrivilege) throw error;
    throw new MigratorError(
      "usage",
      `${addressOf(settings)} as ${settings.user}: a scratch database is needed, and it may not be created: ${message}`,
      {
        sqlstate: code,
        state: "nothing was changed",
        next: `give the address of an empty database in SCRATCH_DATABASE_URL, or as an admin: ALTER ROLE ${id(settings.user)} CREATEDB`,
      },
      { cause: error },
    );
  } finally {
    await client.query("reset role").catch(() => undefined);
  }
}

/** What an earlier run left that was killed: nobody else would find it. */
async function tellLeftovers({ client }: Session, onEvent: EventListener): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select d.datname::text as name from pg_catalog.pg_database d
      where pg_catalog.starts_with(d.datname::text, $1) and pg_catalog.pg_has_role(d.datdba, 'MEMBER')
        and not exists (select from pg_catalog.pg_stat_activity a where a.datid = d.oid) order by 1`,
    [SCRATCH_PREFIX],
  );
  if (rows.length === 0) return;
  const names = rows.map(({ name }) => name);
  onEvent({
    event: "notice",
    message: `${names.join(", ")}: of a run that goes on, or left by one that was killed; then: ${names.map((name) => `DROP DATABASE ${name};`).join(" ")}`,
  });
}

/** Without the caller's signal: after a stop it must still be dropped. */
async function drop(
  settings: ConnectionSettings,
  name: string,
  connectTimeoutSeconds: number,
  onEvent: EventListener,
): Promise<void> {
  const { signal } = new AbortController();
  try {
    await retryTransient({ budgetSeconds: RECONNECT_BUDGET / 6, signal, onEvent }, () =>
      withSession(settings, connectTimeoutSeconds, async ({ client }) => {
        await client.query(`drop database if exists ${id(name)} with (force)`);
      }),
    );
  } catch (error) {
    onEvent({
      event: "notice",
      message: `the scratch database could not be dropped: ${messageOf(error)}. Drop it: DROP DATABASE ${name} WITH (FORCE);`,
    });
  }
}
