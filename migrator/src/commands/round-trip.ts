import type { BundledMigration, MigrationBundle } from "../bundle/types.ts";
import { type Catalog } from "../core/catalog/catalog-entry.ts";
import { type CatalogDifference, compareCatalogs } from "../core/catalog/compare-catalogs.ts";
import { readCatalog } from "../core/catalog/read-catalog.ts";
import { explained } from "../core/connection/explained.ts";
import { withSession } from "../core/connection/session.ts";
import type { ConnectionSettings } from "../core/connection/settings.ts";
import { readState } from "../core/history/database-state.ts";
import { assertUsable } from "../core/history/usable.ts";
import { MigratorError } from "../core/migrator-error.ts";
import { readTraits } from "../core/scratch/database-traits.ts";
import { prepareScratch } from "../core/scratch/prepare-scratch.ts";
import type { ScratchOptions } from "../core/scratch/scratch-database.ts";
import { withStopSignal } from "../core/stop-signal.ts";
import { type ResolvedConnection, resolveConnection } from "./connection-request.ts";
import { down } from "./down.ts";
import { isIrreversible } from "./irreversible.ts";
import { loadMigrations } from "./migrations.ts";
import { namedMigration } from "./named-migration.ts";
import { makeSchema, quiet, type ScratchRequest, withScratch } from "./scratch-request.ts";

export interface RoundTripRequest extends ScratchRequest {
  /** Only migrations newer than this version are tried; default: all. */
  readonly after?: string;
}

/** What became of one migration. */
export interface RoundTrip {
  readonly name: string;
  /** Of the way down, where there is one. */
  readonly file: string;
  readonly outcome: "ok" | "irreversible" | "failed";
  /** Why it failed; `null`: it did not. */
  readonly reason: string | null;
  /** `left` is what should be there, `right` what is. */
  readonly differences: readonly CatalogDifference[];
}

/**
 * Runs up, down and up of each migration in a scratch database: after its down the schema must be as
 * before its up, and after the second up as after the first. Rows are not looked at. The server is all
 * that the connection is used for.
 *
 * @throws MigratorError as `verify` does, and where the way up itself fails.
 */
export async function roundTrip(request: RoundTripRequest): Promise<readonly RoundTrip[]> {
  const connection = resolveConnection(request);
  const { settings, connectTimeoutSeconds, onEvent } = connection;
  const bundle = await loadMigrations(request.migrations);
  const first =
    request.after === undefined
      ? 0
      : bundle.migrations.indexOf(namedMigration(bundle, request.after)) + 1;
  const dir = typeof request.migrations === "string" ? request.migrations : null;
  return withStopSignal(request.signal, request.deadlineSeconds, async (signal) => {
    const options = { connectTimeoutSeconds, signal, onEvent };
    return await explained(settings, async () => {
      const traits = await withSession(settings, connectTimeoutSeconds, async (session) => {
        assertUsable(session, { ...(await readState(session)), history: null }, false);
        return await readTraits(session);
      });
      const found: RoundTrip[] = [];
      // What a way down leaves behind makes those after it fail too: they get a database of their own.
      while (first + found.length < bundle.migrations.length) {
        await withScratch(request, connection, traits, options, async (scratch) => {
          await withSession(scratch, connectTimeoutSeconds, (session) =>
            prepareScratch(session, traits, bundle),
          );
          await tryEach({ bundle, dir, scratch, connection, options, first, found });
        });
      }
      return found;
    });
  });
}

interface Trial {
  readonly bundle: MigrationBundle;
  readonly dir: string | null;
  readonly scratch: ConnectionSettings;
  readonly connection: ResolvedConnection;
  readonly options: ScratchOptions;
  readonly first: number;
  /** Filled in. */
  readonly found: RoundTrip[];
}

/** Goes on until all are tried, or one has left the database in a state that is no migration's. */
async function tryEach(trial: Trial): Promise<void> {
  const { bundle, scratch, options, first, found } = trial;
  const look = (): Promise<Catalog> =>
    withSession(scratch, options.connectTimeoutSeconds, readCatalog);
  await upTo(trial, first + found.length);
  let before = await look();
  for (const migration of bundle.migrations.slice(first + found.length)) {
    await upTo(trial, first + found.length + 1);
    const after = await look();
    const result = await tryOne(trial, migration, before, after, look);
    found.push(result.trip);
    if (!result.clean) return;
    before = after;
  }
}

async function upTo(trial: Trial, count: number): Promise<void> {
  const { bundle, scratch, connection, options } = trial;
  if (count === 0) return;
  const migrations = bundle.migrations.slice(0, count);
  await makeSchema(scratch, { format: 1, migrations }, connection, options);
}

/** Down and up of a migration that is applied. */
async function tryOne(
  trial: Trial,
  migration: BundledMigration,
  before: Catalog,
  after: Catalog,
  look: () => Promise<Catalog>,
): Promise<{ readonly trip: RoundTrip; readonly clean: boolean }> {
  const { name, file } = migration;
  const way = migration.down;
  const trip = (
    outcome: RoundTrip["outcome"],
    reason: string | null,
    differences: readonly CatalogDifference[] = [],
  ): RoundTrip => ({ name, file: way?.file ?? file, outcome, reason, differences });
  if (way === null) {
    const meant = isIrreversible(trial.dir, migration);
    const reason =
      "it has no way down; write one, or say why: -- tidegate: allow missing-down because …";
    return { trip: meant ? trip("irreversible", null) : trip("failed", reason), clean: true };
  }
  const failure = await failureOf(() => undo(trial));
  const back = await look();
  if (failure !== null) {
    const clean = compareCatalogs(after, back).length === 0;
    return { trip: trip("failed", `its way down fails: ${failure}`), clean };
  }
  const left = compareCatalogs(before, back);
  const again = await failureOf(() => upTo(trial, trial.first + trial.found.length + 1));
  if (left.length > 0) {
    const reason = `after its way down the schema is not as before its way up${again === null ? "" : `, and its way up fails then: ${again}`}`;
    return { trip: trip("failed", reason, left), clean: false };
  }
  if (again !== null) {
    return { trip: trip("failed", `its way up fails after its way down: ${again}`), clean: false };
  }
  const twice = compareCatalogs(after, await look());
  if (twice.length > 0) {
    const reason = "up, down and up leads to another schema than up";
    return { trip: trip("failed", reason, twice), clean: false };
  }
  return { trip: trip("ok", null), clean: true };
}

async function undo({ bundle, scratch, connection, options }: Trial): Promise<void> {
  const { connectTimeoutSeconds, signal, onEvent } = options;
  await down({
    connection: scratch,
    migrations: bundle,
    env: connection.env,
    choice: { steps: 1 },
    // Nothing is in a scratch database but what migrations put there.
    allowDataLoss: true,
    connectTimeoutSeconds,
    signal,
    onEvent: quiet(onEvent),
  });
}

/** What a migration fails with, in one line; `null`: it does not. A stop or a lost server goes through. */
async function failureOf(work: () => Promise<void>): Promise<string | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (!(error instanceof MigratorError)) throw error;
    if (error.kind === "stopped" || error.kind === "connection") throw error;
    const { line, sqlstate } = error.details;
    const place = line === undefined ? "" : `line ${line}: `;
    return `${place}${error.message}${sqlstate === undefined ? "" : ` (SQLSTATE ${sqlstate})`}`;
  }
}
