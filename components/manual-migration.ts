import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Placement } from "./placement.ts";
import { buildManualRuns } from "./manual-runs.ts";
import type { MigrationJobArgs } from "./database-job.ts";
import type { MigrationFiles } from "./migration-files.ts";

export interface ManualMigrationArgs {
  /** What Jobs of the database are made of; a change updates both CronJobs and runs nothing. */
  readonly jobArgs: MigrationJobArgs;
  /** What their pods need to be there. */
  readonly needs: readonly pulumi.Resource[];
  /** What they mount; where it was left out of an update, so are they. */
  readonly files: Pick<MigrationFiles, "hooks">;
  /** Where the objects go. */
  readonly place: Placement;
}

/**
 * Suspended CronJobs from which somebody starts a run by hand:
 * `kubectl create job NAME --from=cronjob/<database>-migrate-manual`.
 */
export class ManualMigration extends pulumi.ComponentResource {
  constructor(name: string, args: ManualMigrationArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tidegate:components:ManualMigration", name, {}, opts);
    for (const { suffix, cronJob, spec } of buildManualRuns(args.jobArgs)) {
      new k8s.batch.v1.CronJob(
        `${name}-${suffix}`,
        {
          metadata: {
            name: cronJob,
            namespace: args.place.namespaceReady,
            labels: { ...args.jobArgs.labels },
          },
          spec,
        },
        {
          parent: this,
          dependsOn: [...args.needs],
          deleteBeforeReplace: true,
          hooks: args.files.hooks,
        },
      );
    }
    this.registerOutputs();
  }
}
