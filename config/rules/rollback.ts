import { compareVersions } from "@tidegate/migrator/bundle";
import { type Inputs, valueOf } from "../inputs.ts";
import { nearest } from "../nearest.ts";
import { LAST_BATCH, namedVersion, pinOf } from "../pin.ts";
import type { Problem } from "../problem.ts";
import { serviceDatabases } from "../service-databases.ts";
import { withoutJob } from "./job-features.ts";
import { unknownName } from "./references.ts";
import { type Checked, problem } from "./rule.ts";

/**
 * The rollback names a database that there is, a version that can be, and none that a service of this
 * deploy could not live on: found here, before a service is back on an older image for nothing.
 */
export function checkRollback(checked: Checked, inputs: Inputs): readonly Problem[] {
  const { config, databases } = checked;
  const { rollback } = config;
  if (rollback === undefined) return [];
  const { database, to } = rollback;
  if (!databases.has(database)) {
    return [problem(["rollback", "database"], unknownName("database", database, databases))];
  }
  const entry = config.databases[database];
  const reason = entry === undefined ? undefined : withoutJob(entry);
  if (reason !== undefined) {
    const way =
      entry?.runner === undefined
        ? "write a migration that takes the change back, or use strategy job"
        : `start its own way back, databases.${database}.runner.rollback`;
    return [
      problem(
        ["rollback", "database"],
        `is "${database}", and ${reason}, so that no Job could bring it back: ${way}`,
      ),
    ];
  }
  const folder = entry?.migrations;
  const bundle = folder === undefined ? undefined : valueOf(inputs.bundles.get(folder));
  if (bundle === undefined || to === LAST_BATCH) return [];
  const names = bundle.migrations.map(({ name }) => name);
  return [...missingVersion(to, database, names), ...lostMinimums(checked, database, to, names)];
}

/**
 * A version that the folder lacks may be one of a newer folder that the history knows; one that is older
 * than the folder's newest, or no version at all, is none of either.
 */
function missingVersion(to: string, database: string, names: readonly string[]): Problem[] {
  if (/^0+$/.test(to) || namedVersion(to, names) !== undefined) return [];
  const newest = names.at(-1);
  const isVersion = /^\d/.test(to);
  const knownNewer = newest === undefined || compareVersions(to, newest) > 0;
  if (isVersion && knownNewer) return [];
  const meant = nearest(to, [...names, LAST_BATCH]);
  const guess = meant === undefined ? "" : `; did you mean "${meant}"?`;
  return [
    problem(
      ["rollback", "to"],
      `"${to}" is not among the migrations of ${database}${guess} (they are ${names[0] ?? "none"} to ${newest ?? "none"}; "0" undoes all, ${LAST_BATCH} what the last run applied)`,
    ),
  ];
}

function lostMinimums(
  { config }: Checked,
  database: string,
  to: string,
  names: readonly string[],
): Problem[] {
  const { keeps = names } = pinOf({ to }, names);
  return Object.entries(config.services).flatMap(([name, service]) =>
    serviceDatabases(service, { ca: false, serverName: false }).flatMap((use) => {
      const min = use.database === database ? use.schema?.min : undefined;
      if (min === undefined || !names.includes(min) || keeps.includes(min)) return [];
      return [
        problem(
          ["rollback", "to"],
          `"${to}" undoes "${min}", which service "${name}" needs (schema.min): name the image of it that lives without`,
        ),
      ];
    }),
  );
}
