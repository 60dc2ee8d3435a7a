import { type Inputs, valueOf } from "./inputs.ts";
import { known } from "./known.ts";
import { PUBLISHED_PORT, reachabilityOf } from "./reachability.ts";
import { resolveExistingSecret } from "./resolve-existing-secret.ts";
import { definedResources } from "./defined-resources.ts";
import { PROXY_HOST, resolveProxy } from "./resolve-proxy.ts";
import type { PlatformConfig } from "./schema/platform.ts";
import type { ServerConfig } from "./schema/server.ts";
import type { ResourcesSpec, ServerSpec, TlsSpec } from "./spec.ts";

const CLUSTER_STORAGE = "5Gi";
const CLUSTER_RESOURCES: ResourcesSpec = {
  requests: { cpu: "100m", memory: "256Mi" },
  limits: { memory: "1Gi" },
};

/** The server with every default; `context` decides how pods reach a container. */
export function resolveServer(config: PlatformConfig, inputs: Inputs, context: string): ServerSpec {
  const server = known(config.server, "a server");
  const kind = known(server.kind, "a kind of server");
  const image = server.image ?? `postgres:${server.version}`;
  const { network, ...addresses } = reachabilityOf(server, kind, context);
  const proxy = server.cloudSqlProxy;
  return {
    kind,
    version: server.version,
    ...addresses,
    tls: resolveTls(server, kind, inputs),
    admin: resolveAdmin(server.admin),
    ...(server.serviceAccount !== undefined && { account: server.serviceAccount }),
    ...(proxy !== undefined && {
      pods: { host: PROXY_HOST, port: proxy.port },
      proxy: resolveProxy(proxy),
    }),
    ...(kind === "docker" && {
      docker: {
        image,
        ...(network !== undefined && { network }),
        publishedPort: server.publishedPort ?? PUBLISHED_PORT,
      },
    }),
    ...(kind === "cluster" && {
      cluster: {
        image,
        ...(server.imagePullSecrets !== undefined &&
          server.imagePullSecrets.length > 0 && { imagePullSecrets: server.imagePullSecrets }),
        storage: server.storage ?? CLUSTER_STORAGE,
        ...(server.storageClass !== undefined && { storageClass: server.storageClass }),
        resources: definedResources(server.resources ?? CLUSTER_RESOURCES),
      },
    }),
  };
}

function resolveAdmin(admin: ServerConfig["admin"]): ServerSpec["admin"] {
  const { user, database, passwordGeneration, existingSecret } = admin;
  return {
    user,
    database,
    ...(passwordGeneration > 0 && { passwordGeneration }),
    ...resolveExistingSecret(existingSecret),
  };
}

function resolveTls(
  { tls, cloudSqlProxy }: ServerConfig,
  kind: ServerSpec["kind"],
  inputs: Inputs,
): TlsSpec {
  const proxied = cloudSqlProxy !== undefined;
  return {
    mode: tls.mode ?? (kind === "external" && !proxied ? "verify-full" : "disable"),
    ...(tls.ca !== undefined && {
      ca: known(valueOf(inputs.certificates.get(tls.ca)), "an authority's certificate"),
      caFile: tls.ca,
    }),
    ...(tls.serverName !== undefined && { serverName: tls.serverName }),
  };
}
