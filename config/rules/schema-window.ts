import { compareVersions } from "@tidegate/migrator/bundle";
import { type Inputs, valueOf } from "../inputs.ts";
import { nearest } from "../nearest.ts";
import { pinOf } from "../pin.ts";
import type { Problem } from "../problem.ts";
import { runnerFolder } from "../runner-folder.ts";
import type { PlatformConfig } from "../schema/platform.ts";
import { serviceDatabases } from "../service-databases.ts";
import { type Checked, problem } from "./rule.ts";
import { isSingleWindow } from "./services.ts";

/**
 * What this deploy leads to lies in the window of every service: found here, before anything
 * changes, and not by the pods' gates when the databases are migrated already.
 */
export function checkWindows({ config }: Checked, inputs: Inputs): readonly Problem[] {
  return Object.entries(config.services).flatMap(([name, service]) =>
    serviceDatabases(service, { ca: false, serverName: false }).flatMap(({ database, schema }) => {
      const names = migrationsOf(config.databases[database], inputs);
      if (schema === undefined || names === undefined) return [];
      const single = service.schema !== undefined && isSingleWindow(service.schema);
      // Which database it means is not known; that is reported already.
      if (single && Object.keys(service.databases).length !== 1) return [];
      const path = ["services", name, "schema", ...(single ? [] : [database])];
      const foreign = config.databases[database]?.runner !== undefined;
      return [
        ...missingMinimum([...path, "min"], schema.min, database, names),
        ...tooNew(
          [...path, "max"],
          schema.max,
          database,
          reached(config, database, names),
          foreign ? byPlace : byVersion,
        ),
      ];
    }),
  );
}

/** The migrations that this deploy leads to, in order; undefined where they are not known. */
function migrationsOf(
  database: PlatformConfig["databases"][string] | undefined,
  inputs: Inputs,
): readonly string[] | undefined {
  const { migrations: folder, runner } = database ?? {};
  if (folder === undefined) {
    const { migrations = [] } = runnerFolder(runner, inputs) ?? {};
    return migrations.length === 0 ? undefined : migrations;
  }
  return valueOf(inputs.bundles.get(folder))?.migrations.map((migration) => migration.name);
}

/** Whether the newest of `names` is past `max`. */
type IsPast = (max: string, names: readonly string[]) => boolean;

const byVersion: IsPast = (max, names) => compareVersions(names.at(-1) ?? max, max) > 0;

/** Alembic's revisions have no order of their own; one that is not in the folder is newer than it. */
const byPlace: IsPast = (max, names) => names.slice(0, -1).includes(max);

/** The migrations that this deploy leads to: all, or those that a rollback leaves. */
function reached(
  { rollback }: PlatformConfig,
  database: string,
  names: readonly string[],
): readonly string[] {
  if (rollback?.database !== database) return names;
  // Of the last batch nobody knows here; it lies below what the folder leads to.
  return pinOf(rollback, names).keeps ?? [];
}

function missingMinimum(
  path: Problem["path"],
  min: string | undefined,
  database: string,
  names: readonly string[],
): Problem[] {
  if (min === undefined || names.includes(min)) return [];
  const meant = nearest(min, names);
  const guess = meant === undefined ? "" : `; did you mean "${meant}"?`;
  return [
    problem(
      path,
      `"${min}" is not among the migrations of ${database}, so that the service would wait for ever${guess} (newest: ${names.at(-1) ?? "none"})`,
    ),
  ];
}

function tooNew(
  path: Problem["path"],
  max: string | undefined,
  database: string,
  names: readonly string[],
  isPast: IsPast,
): Problem[] {
  const newest = names.at(-1);
  if (max === undefined || newest === undefined || !isPast(max, names)) return [];
  return [
    problem(
      path,
      `this deploy brings ${database} to "${newest}", past "${max}": deploy an image of the service that survives it, or hold the migration back`,
    ),
  ];
}
