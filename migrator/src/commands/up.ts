import type { MigrationBundle, Phase } from "../bundle/types.ts";
import { awaitOlderVersions, type OlderVersionsRequest } from "../core/older-versions.ts";
import { runMigrations, type RunResult } from "../core/run-migrations.ts";
import { openMigrations, readTexts } from "./migrations.ts";
import { assertNoOtherHistory } from "./other-history.ts";
import { namedMigration } from "./named-migration.ts";
import { type RunRequest, withRunOptions } from "./run-request.ts";

/** What `migrate` and the command `up` take. */
export interface MigrateOptions extends RunRequest {
  /** A folder, or migrations that are bundled already. */
  readonly migrations: string | MigrationBundle;
  /** Only migrations of this phase; default: both, in the order of their versions. */
  readonly phase?: Phase;
  /** Nothing newer than this version is applied, a name or its number; default: everything is. */
  readonly to?: string;
  /** What a database that is ahead means; default `notice`. */
  readonly ahead?: "notice" | "refuse";
  /** Migrations older than the newest applied one may be applied; default `false`. */
  readonly outOfOrder?: boolean;
  /** The first run may be on a database that another tool has migrated, whose history is left alone; default `false`. */
  readonly ignoreOtherHistory?: boolean;
  /** The versions of services that may be connected; absent: nobody looks who is. */
  readonly services?: OlderVersionsRequest;
}

/**
 * Applies what is pending, one run at a time per database, each migration in its own transaction.
 * Nothing pending: no lock, no write.
 *
 * @throws MigratorError, whose `verdictOf` says what, where, in which state the database is, and what next.
 */
export async function migrate(options: MigrateOptions): Promise<RunResult> {
  const bundle = await openMigrations(options.migrations);
  const { services } = options;
  const to = options.to === undefined ? undefined : namedMigration(bundle, options.to).name;
  return withRunOptions(options, (settings, run) =>
    runMigrations(settings, bundle, {
      ...run,
      ...(options.phase === undefined ? {} : { phase: options.phase }),
      ...(to === undefined ? {} : { to }),
      ahead: options.ahead ?? "notice",
      outOfOrder: options.outOfOrder ?? false,
      beforeApplying: async (session, signal, state) => {
        if (options.ignoreOtherHistory !== true) {
          await assertNoOtherHistory(session, state, run.advice);
        }
        await readTexts(bundle);
        if (services === undefined) return;
        await awaitOlderVersions(session, services, { ...run, signal });
      },
    }),
  );
}
