import type { MigrationBundle } from "../bundle/types.ts";
import { type Catalog, GRANT } from "../core/catalog/catalog-entry.ts";
import { type CatalogDifference, compareCatalogs } from "../core/catalog/compare-catalogs.ts";
import { readCatalog } from "../core/catalog/read-catalog.ts";
import { explained } from "../core/connection/explained.ts";
import { type Session, withSession } from "../core/connection/session.ts";
import { readState } from "../core/history/database-state.ts";
import { assertUsable } from "../core/history/usable.ts";
import { MigratorError } from "../core/migrator-error.ts";
import { type DatabaseTraits, readTraits } from "../core/scratch/database-traits.ts";
import { prepareScratch } from "../core/scratch/prepare-scratch.ts";
import { recordedBundle } from "../core/scratch/recorded-bundle.ts";
import { withStopSignal } from "../core/stop-signal.ts";
import { withoutForeignHistory } from "../core/catalog/foreign-tables.ts";
import { resolveConnection } from "./connection-request.ts";
import { loadMigrations } from "./migrations.ts";
import { makeSchema, type ScratchRequest, withScratch } from "./scratch-request.ts";

export interface VerifyResult {
  readonly database: string;
  /** The migrations whose schema it was compared with, in the order in which they ran. */
  readonly migrations: readonly string[];
  /** `left` is what the migrations make, `right` what the database has; empty: they are alike. */
  readonly differences: readonly CatalogDifference[];
  /** What was not compared, and why. */
  readonly notes: readonly string[];
}

/**
 * Compares the schema of a database with the one that its migrations make in a scratch database. Those
 * that are recorded as applied are run there; pending ones are no difference.
 *
 * @throws MigratorError of kind `usage` where there is no scratch database to be had, `refused` where
 *   folder and history do not fit; what a migration throws that does not run on an empty database.
 */
export async function verify(request: ScratchRequest): Promise<VerifyResult> {
  const connection = resolveConnection(request);
  const { settings, connectTimeoutSeconds, onEvent } = connection;
  const bundle = await loadMigrations(request.migrations);
  return withStopSignal(request.signal, request.deadlineSeconds, async (signal) => {
    const options = { connectTimeoutSeconds, signal, onEvent };
    return await explained(settings, async () => {
      const real = await withSession(settings, connectTimeoutSeconds, (session) =>
        lookAt(session, bundle),
      );
      const { recorded, traits } = real;
      return await withScratch(request, connection, traits, options, async (scratch) => {
        const { withoutGrants } = await withSession(scratch, connectTimeoutSeconds, (session) =>
          prepareScratch(session, traits, recorded),
        );
        await makeSchema(scratch, recorded, connection, options);
        const made = await withSession(scratch, connectTimeoutSeconds, readCatalog);
        const [left, right] = [made, real.catalog].map((catalog) =>
          withoutGrants === null ? catalog : catalog.filter(({ key }) => !key.startsWith(GRANT)),
        );
        return {
          database: settings.database,
          migrations: recorded.migrations.map(({ name }) => name),
          differences: compareCatalogs(left ?? [], right ?? []),
          notes: withoutGrants === null ? [] : [`privileges were not compared: ${withoutGrants}`],
        };
      });
    });
  });
}

/** How often a database is looked at whose history changes meanwhile. */
const LOOKS = 3;

interface Real {
  readonly recorded: MigrationBundle;
  readonly traits: DatabaseTraits;
  readonly catalog: Catalog;
}

async function lookAt(session: Session, bundle: MigrationBundle): Promise<Real> {
  for (let look = 1; ; look += 1) {
    const state = await readState(session);
    assertUsable(session, state, false);
    const rows = state.history?.rows ?? [];
    const recorded = recordedBundle(bundle, rows);
    const traits = await readTraits(session);
    const catalog = await withoutForeignHistory(session, state, await readCatalog(session));
    const after = (await readState(session)).history?.rows ?? [];
    if (JSON.stringify(after) === JSON.stringify(rows)) return { recorded, traits, catalog };
    if (look === LOOKS) {
      throw new MigratorError("refused", "another run changes this database all the time", {
        state: "nothing was changed",
        next: "run verify when it has finished",
      });
    }
  }
}
