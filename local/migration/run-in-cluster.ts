import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { UserError } from "../user-error.ts";
import type { Kubectl } from "./kubectl.ts";

/** Pause between two looks at the Job, in milliseconds. */
const POLL = 500;

/** What is read of a CronJob. */
interface CronJob {
  readonly spec: {
    readonly jobTemplate: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: {
        readonly template: {
          readonly spec: { readonly containers: readonly [Readonly<Record<string, unknown>>] };
        };
      };
    };
  };
}

/**
 * Runs a command of the runner in a Job made of a CronJob, and deletes it.
 *
 * @param cronJob `<database>-status`
 * @param command of the runner, in the place of the CronJob's own
 * @returns what it printed, for people, and whether it was well
 * @throws UserError where there is no such CronJob, or kubectl refuses
 */
export async function runInCluster(
  kubectl: Kubectl,
  cronJob: string,
  command: string,
): Promise<{ readonly ok: boolean; readonly output: string }> {
  const found = await kubectl(["get", "cronjob", cronJob, "--ignore-not-found", "-o", "json"]);
  if (found.trim() === "") {
    throw new UserError(
      `there is no CronJob '${cronJob}': run \`pulumi up\` first, with manualRuns not switched off for the database`,
    );
  }
  const name = `${cronJob}-${randomBytes(3).toString("hex")}`;
  await kubectl(["create", "-f", "-"], JSON.stringify(buildJob(JSON.parse(found), name, command)));
  try {
    const ok = await ended(kubectl, name);
    const output = await kubectl(["logs", `job/${name}`, "--container", "status", "--tail=-1"]);
    return { ok, output: output.replaceAll("\r\n", "\n") };
  } finally {
    await kubectl(["delete", "job", name, "--wait=false"]);
  }
}

/** A Job as the CronJob would make it, with another command and the output for people. */
export function buildJob(cronJob: CronJob, name: string, command: string): object {
  const { metadata, spec } = cronJob.spec.jobTemplate;
  const [container] = spec.template.spec.containers;
  // With a terminal the runner writes for people and not JSON lines.
  const own = { ...container, args: [command], tty: true };
  const pod = { ...spec.template.spec, containers: [own] };
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name, labels: metadata.labels },
    spec: { ...spec, backoffLimit: 0, template: { ...spec.template, spec: pod } },
  };
}

/** Whether it was well; its own deadline bounds the wait. */
async function ended(kubectl: Kubectl, name: string): Promise<boolean> {
  const path = '{.status.conditions[?(@.status=="True")].type}';
  for (;;) {
    const types = await kubectl(["get", "job", name, "-o", `jsonpath=${path}`]);
    if (/\bComplete\b/.test(types)) return true;
    if (/\bFailed\b/.test(types)) return false;
    await pause(POLL);
  }
}
