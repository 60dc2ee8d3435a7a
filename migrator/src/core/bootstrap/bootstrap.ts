import type pg from "pg";

import type { BootstrapPlan, DatabasePlan } from "../../contract.ts";
import { type Environment, variable } from "../connection/connection-parts.ts";
import { explained } from "../connection/explained.ts";
import { withSession } from "../connection/session.ts";
import type { ConnectionSettings } from "../connection/settings.ts";
import type { EventListener } from "../events.ts";
import { BOOTSTRAP_LOCK, withLock } from "../lock.ts";
import { MigratorError } from "../migrator-error.ts";
import { pause, pauseAfter } from "../pause.ts";
import { driverError } from "../sqlstate.ts";
import { RECONNECT_BUDGET, retryTransient } from "../transient-retry.ts";
import { WaitBudget } from "../wait-budget.ts";
import { ensureDatabase, ensureExtensions, grantPrivileges } from "./database.ts";
import { ensureDatabaseRoles, ensureLogin } from "./roles.ts";
import { privilegeDifferences, roleDifferences } from "./verify.ts";

export interface BootstrapOptions {
  readonly lockWaitSeconds: number;
  readonly connectTimeoutSeconds: number;
  readonly signal: AbortSignal;
  readonly onEvent: EventListener;
  /** Where the passwords that the plan names are. */
  readonly env: Environment;
}

export interface BootstrapResult {
  readonly database: string | null;
  /** All roles that are now as the plan says. */
  readonly roles: readonly string[];
}

/**
 * Errors by which somebody else made the same at the same moment, which no lock of ours prevents: the
 * look before each step finds it done on the next try. Measured with 20 sessions on 15 and 17.
 */
const RACES = new Set(["23505", "42710", "42P04", "42P06", "42P07"]);
const TRIES = 10;

/**
 * Brings about what a plan says: roles, database, privileges, logins. Every step looks first and changes
 * only what differs; nothing is dropped. At the end all of it is read back.
 *
 * @param settings a connection to the maintenance database as an admin with CREATEROLE and CREATEDB.
 */
export async function runBootstrap(
  settings: ConnectionSettings,
  plan: BootstrapPlan,
  options: BootstrapOptions,
): Promise<BootstrapResult> {
  const { signal, onEvent, lockWaitSeconds } = options;
  await retryTransient({ budgetSeconds: RECONNECT_BUDGET, signal, onEvent }, () =>
    withSession(settings, options.connectTimeoutSeconds, (session) =>
      explained(settings, () =>
        // Advisory locks are per database: all bootstraps of a server meet in the maintenance database.
        withLock(
          session,
          BOOTSTRAP_LOCK,
          { waits: new WaitBudget(lockWaitSeconds), signal, onEvent },
          () => retryRaces(options, () => bringAbout(session.client, settings, plan, options)),
        ),
      ),
    ),
  );
  const { database, logins } = plan;
  return {
    database: database?.name ?? null,
    roles: [
      ...(database === undefined
        ? []
        : [database.owner, database.migrator, database.app, database.readonly]),
      ...logins.map(({ role }) => role),
    ],
  };
}

async function bringAbout(
  client: pg.Client,
  settings: ConnectionSettings,
  plan: BootstrapPlan,
  options: BootstrapOptions,
): Promise<void> {
  const password = (name: string): string => variable(options.env, name) ?? "";
  const { database, logins } = plan;
  if (database !== undefined) {
    await ensureDatabaseRoles(client, database, password(database.migratorPasswordEnv));
    await ensureDatabase(client, database);
    await inside(settings, database, options);
  }
  for (const login of logins) await ensureLogin(client, login, password(login.passwordEnv));
  assertNone(await roleDifferences(client, database, logins));
}

/** What is done in the database itself. */
async function inside(
  settings: ConnectionSettings,
  plan: DatabasePlan,
  options: BootstrapOptions,
): Promise<void> {
  const target = { ...settings, database: plan.name };
  await withSession(target, options.connectTimeoutSeconds, ({ client }) =>
    explained(target, async () => {
      await ensureExtensions(client, plan);
      // Services are connected to a database that is as it must be: its catalog rows are left alone.
      if ((await privilegeDifferences(client, plan)).length === 0) return;
      await grantPrivileges(client, plan);
      assertNone(await privilegeDifferences(client, plan));
    }),
  );
}

function assertNone(differences: readonly string[]): void {
  if (differences.length === 0) return;
  throw new MigratorError(
    "bootstrap",
    `not as the plan says after all:\n${differences.map((difference) => `- ${difference}`).join("\n")}`,
    {
      next: "take back what somebody else granted (only its grantor or a superuser can), then run again",
    },
  );
}

async function retryRaces(options: BootstrapOptions, work: () => Promise<void>): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      await work();
      return;
    } catch (error) {
      const cause = error instanceof MigratorError ? error.cause : error;
      const { code, message } = driverError(cause);
      const race =
        (code !== undefined && RACES.has(code)) ||
        (code === "XX000" && /^tuple concurrently (updated|deleted)/.test(message));
      if (!race || attempt >= TRIES) throw error;
      await pause(pauseAfter({ first: 100, factor: 1.7, most: 2000 }, attempt), options.signal);
    }
  }
}
