import { connect } from "node:net";
import * as docker from "@pulumi/docker";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Address } from "../config/spec.ts";
import { buildLabels } from "./labels.ts";
import type { Placement } from "./placement.ts";

/** Port inside the container and of the Kubernetes Service. */
const PORT = 5432;

export interface DockerPostgresArgs {
  /** Image of the server. Another major version needs another volume: Postgres refuses old data. */
  readonly image: string;
  /** Major version; it decides where the image keeps its data. */
  readonly version: number;
  /** The superuser that the image creates. Read on the first start only: a change has no effect. */
  readonly user: string;
  /** Its database. Read on the first start only. */
  readonly database: string;
  /** Its password. Read on the first start only. */
  readonly password: pulumi.Output<string>;
  /** Port on 127.0.0.1; a change replaces the container and keeps the data. */
  readonly publishedPort: number;
  /** Docker network to join, besides none: kind's nodes reach only their own network. */
  readonly network?: string;
  /** Where pods reach it. Absent: a Kubernetes Service that leads to the container's address. */
  readonly pods?: Address;
  /** Where the objects go. */
  readonly place: Placement;
  /** Refuses the deletion of the volume, and so of all data. */
  readonly protect: boolean;
}

/** Postgres in a container on the deployer's Docker engine, for development. */
export class DockerPostgres extends pulumi.ComponentResource {
  readonly pods: Address;
  /** What has to exist before pods or the provider can connect. */
  readonly ready: readonly pulumi.Resource[];
  /** Roles and databases go with it: they need no deletion of their own. */
  readonly volume: pulumi.Resource;

  constructor(name: string, args: DockerPostgresArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tidegate:components:DockerPostgres", name, {}, opts);
    const volume = new docker.Volume(`${name}-data`, {}, { parent: this, protect: args.protect });
    const container = new docker.Container(
      `${name}-container`,
      buildContainer(args, volume.name),
      // The name is free again only when the old container is gone, and so is the published port.
      { parent: this, deleteBeforeReplace: true },
    );
    container.id.apply((id) => warnWhenSilent(this, container, id, args.publishedPort));
    if (args.pods === undefined) {
      const route = this.routePods(name, args, container);
      this.pods = { host: `postgres.${args.place.namespace}.svc`, port: PORT };
      this.ready = [container, ...route];
    } else {
      this.pods = args.pods;
      this.ready = [container];
    }
    this.volume = volume;
    this.registerOutputs();
  }

  /** A Service of a stable name, because the container's address changes with the container. */
  private routePods(
    name: string,
    args: DockerPostgresArgs,
    container: docker.Container,
  ): pulumi.Resource[] {
    const labels = buildLabels({
      platform: args.place.platform,
      name: "postgres",
      component: "database-server",
    });
    const service = new k8s.core.v1.Service(
      `${name}-service`,
      {
        metadata: {
          name: "postgres",
          namespace: args.place.namespaceReady,
          labels,
          // Without a selector the provider would wait for endpoints that only the slice below brings.
          annotations: { "pulumi.com/skipAwait": "true" },
        },
        spec: { ports: [{ name: "postgres", port: PORT }] },
      },
      { parent: this, deleteBeforeReplace: true },
    );
    const slice = new k8s.discovery.v1.EndpointSlice(
      `${name}-endpoints`,
      {
        metadata: {
          name: "postgres-container",
          namespace: args.place.namespaceReady,
          labels: {
            ...labels,
            "kubernetes.io/service-name": "postgres",
            "endpointslice.kubernetes.io/managed-by": "tidegate",
          },
        },
        addressType: "IPv4",
        ports: [{ name: "postgres", port: PORT, protocol: "TCP" }],
        endpoints: [
          {
            addresses: [
              container.networkDatas.apply((networks) => pickAddress(networks, args.network)),
            ],
            conditions: { ready: true },
          },
        ],
      },
      { parent: this, dependsOn: [service], deleteBeforeReplace: true },
    );
    return [service, slice];
  }
}

/** The container's arguments. */
export function buildContainer(
  args: DockerPostgresArgs,
  volumeName: pulumi.Input<string>,
): docker.ContainerArgs {
  return {
    image: args.image,
    envs: [
      `POSTGRES_USER=${args.user}`,
      `POSTGRES_DB=${args.database}`,
      pulumi.interpolate`POSTGRES_PASSWORD=${args.password}`,
    ],
    ports: [{ internal: PORT, external: args.publishedPort, ip: "127.0.0.1" }],
    // From 18 on the official image keeps its data in a folder per major version below this one.
    volumes: [
      {
        volumeName,
        containerPath: args.version >= 18 ? "/var/lib/postgresql" : "/var/lib/postgresql/data",
      },
    ],
    restart: "unless-stopped",
    // Over TCP: while the image initialises, its temporary server listens on the socket only.
    healthcheck: {
      tests: ["CMD", "pg_isready", "--host=127.0.0.1", `--username=${args.user}`],
      interval: "1s",
      timeout: "5s",
      retries: 60,
    },
    wait: true,
    waitTimeout: 120,
    ...(args.network !== undefined && { networksAdvanced: [{ name: args.network }] }),
  };
}

/** What is needed of an entry of a container's network data. */
interface NetworkData {
  readonly networkName: string;
  readonly ipAddress: string;
}

/** The container's address in a network, or in its only one. */
export function pickAddress(
  networks: readonly NetworkData[] | undefined,
  network?: string,
): string {
  const found = networks?.find((data) => network === undefined || data.networkName === network);
  if (found === undefined || found.ipAddress === "") {
    throw new pulumi.RunError(
      `the Postgres container has no address${network === undefined ? "" : ` in the Docker network '${network}'`}. ` +
        "Was it stopped by hand? Start it again, or run `pulumi refresh` and `pulumi up`.",
    );
  }
  return found.ipAddress;
}

/** The container is in state, but it may have been stopped or removed by hand: say so and how to mend it. */
async function warnWhenSilent(
  server: pulumi.Resource,
  container: pulumi.Resource,
  id: string,
  port: number,
): Promise<void> {
  if (await answers(port)) return;
  const urn = await new Promise<string>((resolve) => container.urn.apply(resolve));
  await pulumi.log.warn(
    `Postgres does not answer on 127.0.0.1:${port} (container ${id.slice(0, 12)}). ` +
      `If the container was stopped or removed by hand, run:\n  pulumi refresh --target '${urn}'\n  pulumi up`,
    server,
  );
}

/** Whether something accepts connections on a port of this machine, within two seconds. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port, timeout: 2_000 });
    const end = (reached: boolean): void => {
      socket.destroy();
      resolve(reached);
    };
    socket.once("connect", () => end(true));
    socket.once("timeout", () => end(false));
    socket.once("error", () => end(false));
  });
}
