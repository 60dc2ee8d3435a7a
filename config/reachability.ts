import type { Address, ServerSpec } from "./spec.ts";
import type { ServerConfig } from "./schema/server.ts";

/** How pods of a local cluster reach a container of the same machine. */
interface LocalCluster {
  readonly matches: RegExp;
  /** Docker network that the cluster's nodes are in. */
  readonly network?: (context: string) => string;
  /** Name under which pods reach ports that are published on the machine. */
  readonly host?: string;
}

/**
 * With a cluster of which nothing is said here (also OrbStack's, Rancher Desktop's and one that runs
 * beside the Docker daemon) nodes route to Docker's default bridge, as both are in one machine.
 */
const LOCAL_CLUSTERS: readonly LocalCluster[] = [
  // kind joins its nodes to one network, whatever the cluster's name.
  // Source: kind, "Configuration", KIND_EXPERIMENTAL_DOCKER_NETWORK; contexts are `kind-<cluster>`.
  { matches: /^kind-/, network: () => "kind" },
  // Source: minikube, drivers/docker: the network of the default profile; contexts are profiles.
  { matches: /^minikube$/, network: () => "minikube" },
  // Source: k3d, "Networking": `k3d-<cluster>`, as the context.
  { matches: /^k3d-/, network: (context) => context },
  // Containers have no address that pods could reach there, the machine has a name.
  // Source: Docker Desktop, "Networking", I want to connect from a container to a service on the host.
  { matches: /^docker-desktop$/, host: "host.docker.internal" },
];

/** Source: PostgreSQL, "Connections and Authentication". */
const POSTGRES_PORT = 5432;

/** Port on 127.0.0.1 that hides no server of the machine's own. */
export const PUBLISHED_PORT = 15_432;

/** Addresses of the server, and the Docker network that its container joins. */
export interface Reachability {
  readonly deployer?: Address;
  readonly pods?: Address;
  readonly network?: string;
}

/**
 * @param context kube context that decides the defaults of a container
 */
export function reachabilityOf(
  server: ServerConfig,
  kind: ServerSpec["kind"],
  context: string,
): Reachability {
  const { deployer, pods } = server;
  const named = {
    ...(deployer !== undefined && { deployer }),
    ...(pods !== undefined && { pods }),
  };
  if (kind === "cluster") return named;
  if (kind === "external") {
    return server.host === undefined
      ? named
      : { pods: { host: server.host, port: server.port ?? POSTGRES_PORT }, ...named };
  }
  const published = server.publishedPort ?? PUBLISHED_PORT;
  const cluster = LOCAL_CLUSTERS.find(({ matches }) => matches.test(context));
  const network = server.network ?? cluster?.network?.(context);
  // A network that was named is there to be used: its container has an address.
  const host = server.network === undefined ? cluster?.host : undefined;
  return {
    deployer: { host: "127.0.0.1", port: published },
    ...(host !== undefined && { pods: { host, port: published } }),
    ...named,
    ...(network !== undefined && { network }),
  };
}
