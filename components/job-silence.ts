import * as pulumi from "@pulumi/pulumi";
import type { ResourcesSpec } from "../config/spec.ts";

export interface SilentJob {
  /** The runner's image. */
  readonly image: string;
  /** Name of the database in Postgres. */
  readonly database: string;
  /** The namespace's name. */
  readonly namespace: string;
  /** What its containers ask for. */
  readonly resources: ResourcesSpec;
}

/** How the provider begins what it says of a container that ended, behind the pod's name. */
export const VERDICT = "]: [";

/**
 * What there is to say of a Job that reached its deadline without a word of the runner; undefined
 * where it has spoken. The provider looks at main containers only: of an image that can't be pulled
 * for the init container, or a pod that no node took, it says no more than that.
 *
 * @param error text of the provider's error
 */
export function explainSilence(error: string, job: SilentJob): string | undefined {
  if (error.includes(VERDICT)) return undefined;
  if (!error.includes("[DeadlineExceeded]")) return undefined;
  // A pod that no node took has no containers yet, so that the provider says nothing of it.
  const cause = error.includes("[Pod ")
    ? `its pod never got as far as the runner. Most likely the image cannot be pulled or started: ${job.image}`
    : `no node took its pod. It asks for ${requestsOf(job)}: lower databases.${job.database}.resources, or make room`;
  return (
    `the Job of database '${job.database}' reached its deadline, and ${cause}. Kubernetes says more:\n` +
    `  kubectl get events --namespace ${job.namespace} --field-selector type=Warning`
  );
}

function requestsOf({ resources }: SilentJob): string {
  const requests = Object.entries({ ...resources.limits, ...resources.requests });
  if (requests.length === 0) return "nothing in particular";
  return requests.map(([resource, quantity]) => `${resource} ${quantity}`).join(", ");
}

/**
 * The hook that says so beside the provider's error. It never asks for another try.
 *
 * @param speaker resource under which the sentence stands in the diagnostics.
 */
export function silenceHook(
  name: string,
  speaker: pulumi.Resource,
  job: SilentJob,
): pulumi.ErrorHook {
  return new pulumi.ErrorHook(`${name}-silence`, async ({ errors }) => {
    const sentence = explainSilence(errors[0] ?? "", job);
    // As a warning: an error from here would end the program, and with it `--continue-on-error`.
    if (sentence !== undefined) await pulumi.log.warn(sentence, speaker);
    return false;
  });
}
