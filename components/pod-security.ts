import type { types } from "@pulumi/kubernetes";

type PodSecurityContext = types.input.core.v1.PodSecurityContext;
type SecurityContext = types.input.core.v1.SecurityContext;

/** User and group of the runner's image and of images built here (`USER 1000:1000`, Node's own). */
const NODE_USER = 1000;

/**
 * Pod-level half of Pod Security `restricted`.
 *
 * @param user Numeric user and group; undefined leaves the image's own user, which must be numeric and
 *   not root or the kubelet refuses the container.
 */
export function buildPodSecurityContext(user?: number): PodSecurityContext {
  return {
    runAsNonRoot: true,
    ...(user !== undefined && { runAsUser: user, runAsGroup: user, fsGroup: user }),
    seccompProfile: { type: "RuntimeDefault" },
  };
}

/** Pod-level security of pods that run the runner's image only. */
export function buildRunnerPodSecurityContext(): PodSecurityContext {
  return buildPodSecurityContext(NODE_USER);
}

/**
 * Container-level half of Pod Security `restricted`, and a root file system that can't be written.
 *
 * @param user Numeric user and group of this container; undefined leaves the pod's.
 */
export function buildContainerSecurityContext(user?: number): SecurityContext {
  return {
    ...(user !== undefined && { runAsUser: user, runAsGroup: user }),
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
  };
}
