import * as pulumi from "@pulumi/pulumi";
import type { JobGateParts, PodGateParts, RolloutGateParts } from "./gate-parts.ts";
import { DIGEST_ANNOTATION } from "./job-annotations.ts";

/** Looks when asked: a hook runs long after outputs are known, and the program before that. */
type Look = () => string | undefined;

/** Why a Job's gate is closed. Where the engine was told to leave the Job out, it stays unknown: closed. */
export function watchJob(parts: JobGateParts): Look {
  const { database, job, digest, logs } = parts;
  let seen: JobStatus = {};
  pulumi
    .all([job.metadata.name, job.spec.template.metadata.annotations, job.status])
    .apply(([name, annotations, status]) => {
      const made = annotations?.[DIGEST_ANNOTATION];
      seen = {
        name,
        ...(made !== undefined && { digest: made }),
        ...(status !== undefined && { status }),
      };
    });
  return () => explainStatus(database, digest, seen, logs);
}

/** Whether the migrations that the pods shall mount were made in this update. */
export function watchFiles({ files }: PodGateParts): Look {
  return () => files.leftOut();
}

/** What the engine knows of a Deployment whose pods migrate. */
export interface RolloutStatus {
  readonly name?: string;
  /** ConfigMaps that its pods mount. */
  readonly configMaps?: readonly string[];
  /** Its conditions; absent where the engine has seen none. */
  readonly conditions?: readonly { readonly type: string; readonly status: string }[];
}

/** Why the gate of those who only read is closed. */
export function watchRollouts({ database, deployments, files }: RolloutGateParts): Look {
  const seen = new Map<number, RolloutStatus>();
  let mounted = "";
  files.name.apply((name) => {
    mounted = name;
  });
  deployments.forEach((deployment, index) => {
    pulumi
      .all([
        deployment.metadata.name,
        deployment.spec.template.spec.volumes,
        deployment.status.conditions,
      ])
      .apply(([name, volumes, conditions]) => {
        seen.set(index, {
          name,
          configMaps: (volumes ?? []).flatMap(({ configMap }) => configMap?.name ?? []),
          ...(conditions !== undefined && { conditions }),
        });
      });
  });
  return () =>
    files.leftOut() ??
    deployments
      .map((_, index) => explainRollout(database, mounted, seen.get(index) ?? {}))
      .find((reason) => reason !== undefined);
}

/**
 * Why the rollout of a Deployment does not open a gate; undefined when it has.
 *
 * @param files name of the ConfigMap with the release's migrations
 */
export function explainRollout(
  database: string,
  files: string,
  { name, configMaps = [], conditions = [] }: RolloutStatus,
): string | undefined {
  const which = name === undefined ? "the Deployment" : `Deployment '${name}'`;
  const whose = `database '${database}': ${which}, whose pods migrate it,`;
  if (name !== undefined && !configMaps.includes(files)) {
    return `${whose} is an older release's, and its successor was left out of this update`;
  }
  const available = conditions.some(
    ({ type, status }) => type === "Available" && status === "True",
  );
  const stuck = conditions.some(({ type, status }) => type === "Progressing" && status === "False");
  return available && !stuck ? undefined : `${whose} has not rolled out`;
}

/** What the engine knows of a Job. */
export interface JobStatus {
  readonly name?: string;
  /** What it was made of. */
  readonly digest?: string;
  readonly status?: {
    readonly succeeded?: number;
    readonly failed?: number;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/**
 * Conditions of a Job that has failed. The provider stops looking at the first, when Kubernetes has not
 * counted the failed pod yet. Source: Kubernetes, "Jobs", Terminal Job conditions.
 */
const FAILED_CONDITIONS: readonly string[] = ["FailureTarget", "Failed"];

/** Why a Job's gate is closed; undefined when it has succeeded. */
export function explainStatus(
  database: string,
  digest: string,
  job: JobStatus,
  logs: string,
): string | undefined {
  const which = job.name === undefined ? "the migration Job" : `Job '${job.name}'`;
  if (job.name !== undefined && job.digest !== digest) {
    return `database '${database}': ${which} is an older release's, and its successor was left out of this update`;
  }
  if ((job.status?.succeeded ?? 0) >= 1) return undefined;
  const state = hasFailed(job) ? "has failed" : "has not completed";
  return `database '${database}': ${which} ${state}; see: ${logs}`;
}

function hasFailed({ status }: JobStatus): boolean {
  return (
    (status?.failed ?? 0) >= 1 ||
    (status?.conditions ?? []).some(
      (condition) => FAILED_CONDITIONS.includes(condition.type) && condition.status === "True",
    )
  );
}
