import type { Command } from "commander";

import { type RoundTrip, roundTrip } from "../commands/round-trip.ts";
import { verify, type VerifyResult } from "../commands/verify.ts";
import { renderDifferences } from "../core/catalog/render-differences.ts";
import { MigratorError } from "../core/migrator-error.ts";
import {
  type CommandAction,
  type CommandOutcome,
  type CommonOptions,
  requireMigrations,
} from "./context.ts";
import { seconds } from "./option-values.ts";

interface VerifyOptions extends CommonOptions {
  readonly migrations?: string;
  readonly roundTrip?: boolean;
  readonly after?: string;
  readonly deadline?: number;
}

const EXAMPLES = `
Examples:
  PGDATABASE=shop PGUSER=me migrator verify --migrations ./migrations
                        is the schema of shop what its migrations make? (-: they do, +: shop has)
  PGDATABASE=postgres PGUSER=me migrator verify --round-trip --migrations ./migrations
                        up, down and up of each migration, on any server

Both run the migrations in a scratch database, which is made on the same server and dropped. A login
that may not create databases names an empty one in SCRATCH_DATABASE_URL (or SCRATCH_PGDATABASE …).
Exit codes: 0 the same, 1 different, 2 wrong use.`;

/** Declares `verify`. */
export function declareVerify(command: Command, run: (action: CommandAction) => void): void {
  command
    .description("compare a database's schema with the one that its migrations make")
    .option("--migrations <dir>", "folder of migrations (or MIGRATIONS_DIR)")
    .option("--round-trip", "instead: does the way down of each migration undo its way up?")
    .option("--after <version>", "with --round-trip: try only migrations newer than this")
    .option("--deadline <seconds>", "end cleanly and fail after this long", seconds)
    .addHelpText("after", EXAMPLES)
    .action((options: VerifyOptions) => {
      run(async ({ env, signal, onEvent }) => {
        const { after, deadline } = options;
        if (after !== undefined && options.roundTrip !== true) {
          throw new MigratorError("usage", "--after goes with --round-trip", {
            next: "leave it out: the whole schema is compared",
          });
        }
        const migrations = requireMigrations(options.migrations, env);
        const request = {
          env,
          signal,
          onEvent,
          migrations,
          connectTimeoutSeconds: options.connectTimeout,
          ...(deadline === undefined ? {} : { deadlineSeconds: deadline }),
        };
        if (options.roundTrip !== true) return reportVerify(await verify(request));
        const trips = await roundTrip({ ...request, ...(after === undefined ? {} : { after }) });
        return reportRoundTrip(migrations, trips);
      });
    });
}

function reportVerify(result: VerifyResult): CommandOutcome {
  const { database, migrations, differences, notes } = result;
  const same = differences.length === 0;
  const made = `its ${migrations.length === 1 ? "1 migration makes" : `${migrations.length} migrations make`}`;
  const places = differences.length === 1 ? "1 difference" : `${differences.length} differences`;
  const summary = same
    ? `${database}: the schema is what ${made}`
    : `${database}: the schema is not what ${made} (${places})`;
  const report = {
    lines: [
      ...renderDifferences(differences),
      ...notes.map((note) => `note: ${note}`),
      ...(same ? [summary] : ["-: the migrations make it, +: the database has it"]),
    ],
    records: [
      ...differences.map(({ object, key, left, right }) => {
        return { event: "difference", object, key, migrations: left, database: right };
      }),
      ...notes.map((message) => ({ event: "notice", message })),
      { event: "done", command: "verify", database, same, migrations: migrations.length },
    ],
    summary,
  };
  if (same) return { report };
  const next =
    "write a migration that says what the database has, or bring the database back to what they make";
  return { report, failure: new MigratorError("refused", summary, { next }) };
}

function reportRoundTrip(folder: string, trips: readonly RoundTrip[]): CommandOutcome {
  const failed = trips.filter(({ outcome }) => outcome === "failed").length;
  const skipped = trips.filter(({ outcome }) => outcome === "irreversible").length;
  const tried = `${trips.length} ${trips.length === 1 ? "migration" : "migrations"}`;
  const summary = `${folder}: ${tried}, ${trips.length - failed - skipped} there and back${skipped === 0 ? "" : `, ${skipped} irreversible`}${failed === 0 ? "" : `, ${failed} failed`}`;
  const report = {
    lines: [...trips.flatMap(tripLines), ...(failed === 0 ? [summary] : [])],
    records: [
      ...trips.map((trip) => ({ event: "round-trip", ...trip })),
      { event: "done", command: "verify", folder, migrations: trips.length, failed },
    ],
    summary,
  };
  if (failed === 0) return { report };
  const next = "correct the ways down; -: it should be there, +: it is there instead";
  return { report, failure: new MigratorError("refused", summary, { next }) };
}

function tripLines({ outcome, file, reason, differences }: RoundTrip): readonly string[] {
  return [
    `${outcome} ${file}${reason === null ? "" : `: ${reason}`}`,
    ...renderDifferences(differences).map((line) => `  ${line}`),
  ];
}
