import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { PodSettings, ResourcesSpec } from "../config/spec.ts";
import { ENV } from "@tidegate/migrator/contract";
import { buildPodSettings, buildSidecars } from "./pod-settings.ts";
import { buildContainerSecurityContext, buildRunnerPodSecurityContext } from "./pod-security.ts";

/** Where a container leaves its verdict; Kubernetes' default path. */
const TERMINATION_MESSAGE_PATH = "/dev/termination-log";

type EnvVar = types.input.core.v1.EnvVar;

/** One container of a runner's Job. */
export interface RunnerContainer {
  readonly name: string;
  /** Another tool's image; absent: the Job's. */
  readonly image?: string;
  /** In place of the image's entry point; absent: that. */
  readonly command?: readonly string[];
  /** Secrets and ConfigMaps whose keys become variables. */
  readonly envFrom?: readonly types.input.core.v1.EnvFromSource[];
  /** User and group that it runs as; absent: the pod's. */
  readonly user?: number;
  readonly args: readonly string[];
  readonly env: readonly EnvVar[];
  readonly mounts: readonly types.input.core.v1.VolumeMount[];
}

export interface RunnerJobArgs {
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Annotations of the pod. */
  readonly annotations: Readonly<Record<string, pulumi.Input<string>>>;
  readonly serviceAccount: string;
  /** Runs to its end before {@link main}. */
  readonly before?: RunnerContainer;
  /** Run to their end between {@link before} and {@link main}, each as it is given. */
  readonly between?: readonly types.input.core.v1.Container[];
  readonly main: RunnerContainer;
  readonly volumes: readonly types.input.core.v1.Volume[];
  readonly resources: ResourcesSpec;
  /** Scheduling, registries and sidecars. */
  readonly pod?: PodSettings;
  /** Bound of the whole Job in seconds. */
  readonly deadlineSeconds: number;
  /** Further pods after one that failed or died. */
  readonly retries: number;
}

/**
 * The specification of a Job that runs the runner's image, hardened, bounded, and without what the
 * Kubernetes provider waits for in vain: no `podFailurePolicy` that fails the Job (its reason is not
 * recognised) and no `ttlSecondsAfterFinished` (a Job that deletes itself comes back on refresh).
 */
export function buildRunnerJob(args: RunnerJobArgs): types.input.batch.v1.JobSpec {
  const initContainers = [
    ...buildSidecars(args.pod),
    ...(args.before === undefined ? [] : [buildContainer(args.before, args)]),
    ...(args.between ?? []),
  ];
  return {
    completions: 1,
    parallelism: 1,
    backoffLimit: args.retries,
    // The provider's own timeout never fires above a minute; this is the bound that does.
    activeDeadlineSeconds: args.deadlineSeconds,
    // A pod that a drain or a preemption took is no failure: it costs none of the retries.
    podFailurePolicy: {
      rules: [
        { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
      ],
    },
    template: {
      metadata: { labels: { ...args.labels }, annotations: { ...args.annotations } },
      spec: {
        restartPolicy: "Never",
        serviceAccountName: args.serviceAccount,
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        // The runner needs time to cancel a statement, roll back and say so.
        terminationGracePeriodSeconds: 60,
        securityContext: buildRunnerPodSecurityContext(),
        ...buildPodSettings(args.pod),
        ...(initContainers.length > 0 && { initContainers }),
        containers: [buildContainer(args.main, args)],
        volumes: [...args.volumes],
      },
    },
  };
}

function buildContainer(
  container: RunnerContainer,
  job: RunnerJobArgs,
): types.input.core.v1.Container {
  return {
    name: container.name,
    image: container.image ?? job.image,
    ...(container.command !== undefined && { command: [...container.command] }),
    args: [...container.args],
    env: [...container.env, { name: ENV.terminationMessagePath, value: TERMINATION_MESSAGE_PATH }],
    ...(container.envFrom !== undefined && { envFrom: [...container.envFrom] }),
    resources: { ...job.resources },
    securityContext: buildContainerSecurityContext(container.user),
    terminationMessagePath: TERMINATION_MESSAGE_PATH,
    // A process that died before it could write its verdict leaves the end of its log instead.
    terminationMessagePolicy: "FallbackToLogsOnError",
    volumeMounts: [...container.mounts],
  };
}

/**
 * Options that every gating Job needs. `#initerror`: a failed Job that is in state would otherwise be
 * waited for again and fail for ever. The others are immutable in Kubernetes but no reason for a
 * replacement in the provider, so that a change of one alone would be refused by the API server.
 */
export const JOB_REPLACE_ON_CHANGES = [
  "#initerror",
  "spec.completionMode",
  "spec.podFailurePolicy",
  "spec.successPolicy",
  "spec.backoffLimitPerIndex",
  "spec.managedBy",
];
