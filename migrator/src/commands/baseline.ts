import { compareVersions } from "../bundle/version.ts";
import type { Session } from "../core/connection/session.ts";
import { eventOf } from "../core/history/event-write.ts";
import { recordWithout } from "../core/history/history-write.ts";
import { MigratorError } from "../core/migrator-error.ts";
import { edit, type EditRequest } from "./edit-request.ts";
import { namedMigration } from "./named-migration.ts";

export interface BaselineRequest extends EditRequest {
  /** The version that the database is at. */
  readonly version: string;
  /** Record it on a history that holds something, or in a database that holds nothing; default `false`. */
  readonly force?: boolean;
}

export interface BaselineResult {
  readonly database: string;
  /** What was recorded, in order. */
  readonly recorded: readonly string[];
}

/**
 * Records every migration up to a version as done without running it, for a schema that was made by
 * hand or restored.
 *
 * @throws MigratorError where the history holds something, or the database holds no object at all.
 */
export async function baseline(request: BaselineRequest): Promise<BaselineResult> {
  const { database, edits } = await edit(request, async (bundle, { session, rows, run }) => {
    const last = namedMigration(bundle, request.version);
    if (request.force !== true) {
      if (rows.length > 0) {
        throw new MigratorError(
          "refused",
          `the history holds ${rows.length} migrations already (${rows.at(-1)?.name ?? ""} is the last)`,
          {
            state: "nothing was changed",
            next: "see `migrator status`; --force records it all the same",
          },
        );
      }
      if (!(await holdsObjects(session))) {
        throw new MigratorError(
          "refused",
          `the database holds no table, view or sequence: it is not at ${last.name}`,
          { state: "nothing was changed", next: "run `migrator up`, or --force" },
        );
      }
    }
    return bundle.migrations
      .filter(
        ({ name }) =>
          compareVersions(name, last.name) <= 0 && !rows.some((row) => row.name === name),
      )
      .map((migration) => ({
        statement: recordWithout(migration, run, "baseline"),
        event: eventOf(migration, "baseline", "done"),
      }));
  });
  return { database, recorded: edits.map(({ event }) => event.name) };
}

/** Whether anything is there that is neither Postgres' own, nor an extension's, nor the history. */
async function holdsObjects(session: Session): Promise<boolean> {
  const { rows } = await session.client.query(
    `select 1 from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
        and c.relname not in ('migration_history', 'migration_events')
        and not exists (select from pg_catalog.pg_depend d where d.objid = c.oid
                          and d.classid = 'pg_catalog.pg_class'::regclass and d.deptype = 'e')
      limit 1`,
  );
  return rows.length > 0;
}
