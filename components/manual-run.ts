import type { DatabaseSpec } from "../config/spec.ts";

/** Name of the suspended CronJob with which somebody migrates a database by hand. */
export function manualRunName(database: Pick<DatabaseSpec, "kubeName">): string {
  return `${database.kubeName}-migrate-manual`;
}

/** The commands with which somebody migrates a database of strategy `manual`, and goes on. */
export function buildByHand(database: Pick<DatabaseSpec, "kubeName">, namespace: string): string {
  const run = manualRunName(database);
  return [
    // A name of its own, as an earlier run may still be there.
    `job=${database.kubeName}-by-hand-$(date +%s)`,
    `kubectl create job --namespace ${namespace} --from=cronjob/${run} $job`,
    `kubectl wait --namespace ${namespace} --for=condition=complete --timeout=10m job/$job`,
    "pulumi up",
  ].join(" && ");
}
