import type { PlatformConfig } from "./schema/platform.ts";
import type { MonitoringSpec, PlatformSpec } from "./spec.ts";

/** What a stack asks for besides: each part stands in the spec only where it is asked for. */
export function resolveOperations(
  config: PlatformConfig,
): Pick<PlatformSpec, "migrationNamespace" | "networkPolicies" | "monitoring" | "notifications"> {
  const { migrationNamespace, networkPolicies, notifications } = config;
  const monitoring = resolveMonitoring(config.monitoring);
  return {
    ...(migrationNamespace !== undefined && { migrationNamespace }),
    ...(networkPolicies === true && { networkPolicies }),
    ...(monitoring !== undefined && { monitoring }),
    ...(notifications !== undefined && { notifications }),
  };
}

function resolveMonitoring(config: PlatformConfig["monitoring"]): MonitoringSpec | undefined {
  if (config === undefined) return undefined;
  const prometheusRule = wanted(config.prometheusRule);
  const grafanaDashboard = wanted(config.grafanaDashboard);
  if (prometheusRule === undefined && grafanaDashboard === undefined) return undefined;
  return {
    longAfter: config.longAfter,
    ...(prometheusRule !== undefined && { prometheusRule }),
    ...(grafanaDashboard !== undefined && { grafanaDashboard }),
  };
}

type Labelled = { readonly labels: Readonly<Record<string, string>> };

function wanted(value: boolean | Labelled): Labelled | undefined {
  if (value === false) return undefined;
  return value === true ? { labels: {} } : value;
}
