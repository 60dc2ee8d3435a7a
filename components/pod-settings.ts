import type { types } from "@pulumi/kubernetes";
import type { PodSettings, SidecarSpec } from "../config/spec.ts";
import { buildContainerSecurityContext } from "./pod-security.ts";

type PodSpec = types.input.core.v1.PodSpec;
type Container = types.input.core.v1.Container;

/** Tries of a sidecar's startup probe, one second apart: a proxy that needs longer has no way out. */
const STARTUP_TRIES = 60;

/** Scheduling and registries' logins as fields of a pod; empty where nothing is set. */
export function buildPodSettings(settings: PodSettings | undefined): Partial<PodSpec> {
  const { scheduling = {}, imagePullSecrets } = settings ?? {};
  const { priorityClass, nodeSelector, tolerations, affinity } = scheduling;
  return {
    ...(priorityClass !== undefined && { priorityClassName: priorityClass }),
    ...(nodeSelector !== undefined && { nodeSelector: { ...nodeSelector } }),
    ...(tolerations !== undefined && { tolerations: tolerations.map((each) => ({ ...each })) }),
    ...(affinity !== undefined && { affinity: { ...affinity } }),
    ...(imagePullSecrets !== undefined && {
      imagePullSecrets: imagePullSecrets.map((name) => ({ name })),
    }),
  };
}

/**
 * Native sidecars: init containers that go on running. A Job is complete when its own containers are;
 * Kubernetes then ends these, so that a proxy never keeps a Job alive.
 *
 * Source: Kubernetes, "Sidecar Containers"; on by default since 1.29.
 */
export function buildSidecars(settings: PodSettings | undefined): Container[] {
  return (settings?.sidecars ?? []).map(buildSidecar);
}

function buildSidecar(sidecar: SidecarSpec): Container {
  const { command, ready, env, envFrom } = sidecar;
  return {
    name: sidecar.name,
    image: sidecar.image,
    restartPolicy: "Always",
    ...(command !== undefined && { command: [...command] }),
    args: [...sidecar.args],
    env: Object.entries(env).map(([name, value]) => ({ name, value })),
    ...(envFrom.length > 0 && { envFrom: envFrom.map(buildEnvFrom) }),
    resources: { ...sidecar.resources },
    securityContext: buildContainerSecurityContext(),
    terminationMessagePolicy: "FallbackToLogsOnError",
    ...(ready !== undefined && {
      startupProbe: {
        ...(ready.path === undefined
          ? { tcpSocket: { port: ready.port } }
          : { httpGet: { path: ready.path, port: ready.port } }),
        periodSeconds: 1,
        failureThreshold: STARTUP_TRIES,
      },
    }),
  };
}

/** A Secret or ConfigMap whose keys become variables. */
export function buildEnvFrom(
  source: SidecarSpec["envFrom"][number],
): types.input.core.v1.EnvFromSource {
  return "secret" in source
    ? { secretRef: { name: source.secret } }
    : { configMapRef: { name: source.configMap } };
}
