import type { Recorded } from "./record-program.ts";

interface Container {
  readonly name: string;
  readonly securityContext?: {
    readonly allowPrivilegeEscalation?: boolean;
    readonly readOnlyRootFilesystem?: boolean;
    readonly privileged?: boolean;
    readonly runAsNonRoot?: boolean;
    readonly runAsUser?: number;
    readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
    readonly seccompProfile?: { readonly type?: string };
  };
  readonly ports?: readonly { readonly hostPort?: number }[];
}

interface PodSpec {
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly hostIPC?: boolean;
  readonly automountServiceAccountToken?: boolean;
  readonly securityContext?: {
    readonly runAsNonRoot?: boolean;
    readonly runAsUser?: number;
    readonly seccompProfile?: { readonly type?: string };
  };
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes?: readonly Record<string, unknown>[];
}

/** Volume types that Pod Security `restricted` admits. */
const VOLUMES = [
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "persistentVolumeClaim",
  "projected",
  "secret",
];

/** The pod that a workload makes; undefined for what makes none. */
export function podOf(resource: Recorded): PodSpec | undefined {
  const spec = resource.inputs.spec as
    | { template?: { spec?: PodSpec }; jobTemplate?: { spec?: { template?: { spec?: PodSpec } } } }
    | undefined;
  return (spec?.template ?? spec?.jobTemplate?.spec?.template)?.spec;
}

/**
 * What Pod Security `restricted` would refuse of a pod, and besides it a writable root file system and
 * an API token, which no pod here needs. Empty when it is admitted.
 *
 * Source: Kubernetes, Pod Security Standards, level Restricted.
 */
export function violations(pod: PodSpec): string[] {
  const found: string[] = [];
  if (pod.hostNetwork || pod.hostPID || pod.hostIPC) found.push("shares a namespace of the host");
  if (pod.automountServiceAccountToken !== false) found.push("mounts an API token");
  for (const volume of pod.volumes ?? []) {
    const kinds = Object.keys(volume).filter((key) => key !== "name");
    if (!kinds.every((kind) => VOLUMES.includes(kind))) found.push(`volume ${kinds.join()}`);
  }
  for (const container of [...pod.containers, ...(pod.initContainers ?? [])]) {
    const own = container.securityContext ?? {};
    const say = (what: string): void => void found.push(`${container.name}: ${what}`);
    if (own.privileged) say("is privileged");
    if (own.allowPrivilegeEscalation !== false) say("may escalate privileges");
    if (!own.capabilities?.drop?.includes("ALL")) say("keeps capabilities");
    if ((own.capabilities?.add ?? []).some((name) => name !== "NET_BIND_SERVICE")) say("adds one");
    if (own.readOnlyRootFilesystem !== true) say("may write its root file system");
    if ((own.runAsNonRoot ?? pod.securityContext?.runAsNonRoot) !== true) say("may run as root");
    if ((own.runAsUser ?? pod.securityContext?.runAsUser) === 0) say("runs as root");
    const seccomp = own.seccompProfile ?? pod.securityContext?.seccompProfile;
    if (seccomp?.type !== "RuntimeDefault") say("has no seccomp profile");
    if ((container.ports ?? []).some((port) => port.hostPort !== undefined))
      say("takes a host port");
  }
  return found;
}
