import { definedResources } from "./defined-resources.ts";
import type { SidecarSpec } from "./spec.ts";
import type { ServerConfig } from "./schema/server.ts";

/** Name of the proxy's container. */
const PROXY_CONTAINER = "cloud-sql-proxy";

/** Where pods find the proxy: themselves. */
export const PROXY_HOST = "127.0.0.1";

/**
 * The Auth Proxy as a sidecar.
 *
 * Source of the flags: `cloud-sql-proxy --help`, version 2; `/startup` answers 200 once it listens.
 */
export function resolveProxy(config: NonNullable<ServerConfig["cloudSqlProxy"]>): SidecarSpec {
  return {
    name: PROXY_CONTAINER,
    image: config.image,
    args: [
      "--structured-logs",
      `--address=${PROXY_HOST}`,
      `--port=${config.port}`,
      "--health-check",
      "--http-address=0.0.0.0",
      `--http-port=${config.healthPort}`,
      // What is connected when the pod ends may finish.
      "--max-sigterm-delay=30s",
      ...(config.privateIp ? ["--private-ip"] : []),
      config.instance,
    ],
    env: {},
    envFrom: [],
    resources: definedResources(config.resources),
    ready: { port: config.healthPort, path: "/startup" },
  };
}
