import { definedResources } from "./defined-resources.ts";
import type { PodSettings, SchedulingSpec, SidecarSpec } from "./spec.ts";
import type { DatabaseConfig } from "./schema/database.ts";
import type { ServiceConfig } from "./schema/service.ts";

type Entry = Pick<DatabaseConfig | ServiceConfig, "scheduling" | "imagePullSecrets" | "sidecars">;
type SidecarConfig = NonNullable<Entry["sidecars"]>[number];

/**
 * The settings of a database's or service's pods; undefined where there is none, so that nothing of it
 * stands in their templates.
 *
 * @param proxy the server's own sidecar, before all others.
 */
export function resolvePod(entry: Entry, proxy?: SidecarSpec): PodSettings | undefined {
  const scheduling = resolveScheduling(entry.scheduling);
  const sidecars = [
    ...(proxy === undefined ? [] : [proxy]),
    ...(entry.sidecars ?? []).map(resolveSidecar),
  ];
  const { imagePullSecrets = [] } = entry;
  const settings: PodSettings = {
    ...(scheduling !== undefined && { scheduling }),
    ...(imagePullSecrets.length > 0 && { imagePullSecrets: [...new Set(imagePullSecrets)] }),
    ...(sidecars.length > 0 && { sidecars }),
  };
  return Object.keys(settings).length === 0 ? undefined : settings;
}

function resolveScheduling(config: Entry["scheduling"]): SchedulingSpec | undefined {
  if (config === undefined) return undefined;
  const { priorityClass, nodeSelector, tolerations, affinity } = config;
  const scheduling: SchedulingSpec = {
    ...(priorityClass !== undefined && { priorityClass }),
    ...(nodeSelector !== undefined && { nodeSelector }),
    ...(tolerations !== undefined && { tolerations: tolerations.map(defined) }),
    ...(affinity !== undefined && { affinity: defined(affinity) }),
  };
  return Object.keys(scheduling).length === 0 ? undefined : scheduling;
}

function resolveSidecar(config: SidecarConfig): SidecarSpec {
  const { command, ready, resources, ...rest } = config;
  return {
    ...rest,
    resources: definedResources(resources),
    ...(command !== undefined && { command }),
    ...(ready !== undefined && {
      ready: { port: ready.port, ...(ready.path !== undefined && { path: ready.path }) },
    }),
  };
}

/** The same without keys that are `undefined`. */
function defined<T>(value: { readonly [key: string]: T | undefined }): Record<string, T> {
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, each]) => (each === undefined ? [] : [[key, each]])),
  );
}
