import type { types } from "@pulumi/kubernetes";
import { buildDatabaseJob, type MigrationJobArgs } from "./database-job.ts";
import { manualRunName } from "./manual-run.ts";
import { buildMigrationJob } from "./migration-job.ts";
import { buildSuspendedCronJob } from "./suspended-cron-job.ts";

/** How long a Job that was started by hand stays after its end, in seconds: a day, to read its log. */
const KEPT_SECONDS = 86_400;

/** One suspended CronJob. */
export interface ManualRun {
  /** End of the logical name. */
  readonly suffix: string;
  /** Name in Kubernetes. */
  readonly cronJob: string;
  readonly spec: types.input.batch.v1.CronJobSpec;
}

/** What can be started by hand: the migration, exactly as its Job runs it, and a look at the database. */
export function buildManualRuns(args: MigrationJobArgs): readonly ManualRun[] {
  const { kubeName } = args.database;
  const status = buildDatabaseJob(args, {
    annotations: {},
    labels: { "tidegate.dev/run": "status" },
    main: { name: "status", args: ["status"] },
    deadlineSeconds: args.database.deadlineSeconds,
  });
  return [
    {
      suffix: "migrate",
      cronJob: manualRunName(args.database),
      spec: suspended(args, "manual", buildMigrationJob(args, "manual")),
    },
    {
      suffix: "status",
      cronJob: `${kubeName}-status`,
      spec: suspended(args, "status", status),
    },
  ];
}

function suspended(
  args: MigrationJobArgs,
  run: string,
  spec: types.input.batch.v1.JobSpec,
): types.input.batch.v1.CronJobSpec {
  const labels = { ...args.labels, "tidegate.dev/run": run };
  return buildSuspendedCronJob({
    metadata: { labels },
    // Nobody's state knows these Jobs, so they delete themselves.
    spec: { ...spec, ttlSecondsAfterFinished: KEPT_SECONDS },
  });
}
