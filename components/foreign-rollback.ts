import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { ForeignJobArgs } from "./foreign-container.ts";
import { buildForeignRollbackJob } from "./foreign-job.ts";
import { buildSuspendedCronJob } from "./suspended-cron-job.ts";

/**
 * The suspended CronJob from which somebody takes back the last migration of another tool:
 * `kubectl create job NAME --from=cronjob/<database>-rollback`; none where the database names no rollback.
 */
export function createForeignRollback(
  name: string,
  args: ForeignJobArgs,
  namespace: pulumi.Input<string>,
  options: pulumi.CustomResourceOptions,
): void {
  const spec = buildForeignRollbackJob(args);
  if (spec === undefined) return;
  const { labels } = args;
  new k8s.batch.v1.CronJob(
    name,
    {
      metadata: { name: `${args.database.kubeName}-rollback`, namespace, labels },
      spec: {
        ...buildSuspendedCronJob({ metadata: { labels }, spec }),
        concurrencyPolicy: "Forbid",
      },
    },
    options,
  );
}
