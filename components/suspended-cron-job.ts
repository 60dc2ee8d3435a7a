import type { types } from "@pulumi/kubernetes";

/** No day of any year: a CronJob needs a schedule, and one that somebody resumes must not run by itself. */
const NEVER = "0 0 31 2 *";

/** A CronJob that only serves `kubectl create job NAME --from=cronjob/…`. */
export function buildSuspendedCronJob(
  jobTemplate: types.input.batch.v1.JobTemplateSpec,
): types.input.batch.v1.CronJobSpec {
  return { schedule: NEVER, suspend: true, jobTemplate };
}
