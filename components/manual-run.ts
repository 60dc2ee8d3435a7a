import type { DatabaseSpec } from "../config/spec.ts";

/** Name of the suspended CronJob with which somebody migrates a database by hand. */
export function manualRunName(database: Pick<DatabaseSpec, "kubeName">): string {
  return `${database.kubeName}-migrate-manual`;
}

/**
 * The commands with which somebody migrates a database of strategy `manual`, and goes on. The CronJob
 * runs expand migrations; of contract migrations its Job is made with the other phase.
 */
export function buildByHand(
  database: Pick<DatabaseSpec, "kubeName">,
  phase: "expand" | "contract",
  namespace: string,
): string {
  const create = `kubectl create job --namespace ${namespace} --from=cronjob/${manualRunName(database)} $job`;
  const run =
    phase === "expand"
      ? create
      : `${create} --dry-run=client -o yaml | sed 's/- expand$/- contract/' | kubectl apply -f -`;
  return [
    // A name of its own, as an earlier run may still be there.
    `job=${database.kubeName}-by-hand-$(date +%s)`,
    run,
    `kubectl wait --namespace ${namespace} --for=condition=complete --timeout=10m job/$job`,
    "pulumi up",
  ].join(" && ");
}
