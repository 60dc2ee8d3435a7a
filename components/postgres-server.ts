import * as k8s from "@pulumi/kubernetes";
import * as postgresql from "@pulumi/postgresql";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { Address, ServerSpec } from "../config/spec.ts";
import { AdminPassword } from "./admin-password.ts";
import { clusterAddress, ClusterPostgres } from "./cluster-postgres.ts";
import { createCaConfigMaps } from "./ca-config-maps.ts";
import { buildConnectionData, existingLogin, type PodAddress } from "./connection.ts";
import { type ConnectionSource, generatedSource } from "./connection-source.ts";
import { DockerPostgres } from "./docker-postgres.ts";
import { buildLabels } from "./labels.ts";
import type { Placement } from "./placement.ts";
import { buildProvider } from "./postgres-provider.ts";

export interface PostgresServerArgs {
  /** Kind and addresses. A change of the kind is another server: data does not move. */
  readonly server: ServerSpec;
  /**
   * Who makes databases and roles: the deployer (`provider`) or Jobs in the cluster (`job`). A change
   * from one to the other needs `pulumi import` of what exists.
   */
  readonly provisioning: "provider" | "job";
  /** The admin's password; needed for `external`, generated otherwise. */
  readonly adminPassword?: pulumi.Output<string>;
  /** What the server is sent of a renewed password of the admin. */
  readonly passwords: "verifier" | "plain";
  /** The runner's image and what it waits for; it sets a renewed password of the admin. */
  readonly runner: { readonly image: string; readonly after: readonly pulumi.Resource[] };
  /** Where the server and the services are. */
  readonly place: Placement;
  /** Where the Jobs are, which need the admin's Secret and the authority too. */
  readonly jobs: Placement;
  /** Refuses the deletion of the server's data (kinds `docker` and `cluster`). */
  readonly protect: boolean;
}

/** Of an admin whose Secret somebody else keeps: nothing here may need it, and config/ sees to that. */
const noPassword = pulumi.secret("");

/** The Postgres server of a platform: made here, or made elsewhere and only used. */
export class PostgresServer extends pulumi.ComponentResource {
  /** How pods reach it. */
  readonly pods: PodAddress;
  /** Login that makes databases and roles: its name, and the connection of bootstrap Jobs. */
  readonly admin: { readonly user: string; readonly connection?: ConnectionSource };
  /** For provisioning by the deployer; absent for `job`. */
  readonly provider?: postgresql.Provider;
  /** Existing account of Jobs that provision; absent: `default`. */
  readonly account?: string;
  /** What has to exist before anybody connects. */
  readonly ready: readonly pulumi.Resource[];
  /** The resource that takes all databases and roles with it when it goes; absent for `external`. */
  readonly holder?: pulumi.Resource;

  constructor(name: string, args: PostgresServerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tidegate:components:PostgresServer", name, {}, opts);
    const { server, place } = args;
    const { user, database } = server.admin;
    const labels = buildLabels({
      platform: place.platform,
      name: "postgres",
      component: "database-server",
    });
    const existing = server.admin.existingSecret;
    const first =
      existing === undefined
        ? (args.adminPassword ?? this.generatePassword(name, server))
        : noPassword;
    const renewed = this.createRenewed(name, args, first);
    const password = renewed?.current ?? first;
    const ready: pulumi.Resource[] = [];
    let address: Address | undefined = server.pods;

    const separate = args.jobs.namespace !== place.namespace;
    const namespaces = [
      { suffix: "", namespace: place.namespaceReady },
      ...(separate ? [{ suffix: "-jobs", namespace: args.jobs.namespaceReady }] : []),
    ];
    const ca = createCaConfigMaps(this, `${name}-ca`, { ca: server.tls.ca, namespaces, labels });
    ready.push(...ca.configMaps);

    const needsSecret = args.provisioning === "job" || server.kind === "cluster";
    const secretName = "postgres-admin";
    if (server.kind === "docker" && server.docker !== undefined) {
      const made = new DockerPostgres(
        `${name}-docker`,
        {
          ...server.docker,
          version: server.version,
          user,
          database,
          // Read on the first start only: a renewed one would replace the container for nothing.
          password: first,
          place,
          protect: args.protect,
          ...(server.pods !== undefined && { pods: server.pods }),
        },
        { parent: this },
      );
      address = made.pods;
      ready.push(...made.ready);
      this.holder = made.volume;
    }
    if (server.kind === "cluster") address = clusterAddress(place);
    if (address === undefined) {
      throw new pulumi.ResourceError(
        `the server of kind '${server.kind}' has no address for pods; set server.host or server.pods`,
        this,
        true,
      );
    }
    this.pods = {
      ...address,
      tls: server.tls,
      ...(ca.name !== undefined && { caConfigMap: ca.name }),
    };

    if (existing === undefined && (needsSecret || renewed !== undefined)) {
      const data = buildConnectionData(this.pods, { database, username: user, password });
      const adminSecret = (suffix: string, namespace: pulumi.Input<string>): k8s.core.v1.Secret => {
        const secret = new k8s.core.v1.Secret(
          `${name}-admin${suffix}`,
          { metadata: { name: secretName, namespace, labels }, stringData: data },
          { parent: this },
        );
        ready.push(secret);
        return secret;
      };
      const forJobs = args.provisioning === "job" || renewed !== undefined;
      if (separate && forJobs) adminSecret("-jobs", args.jobs.namespaceReady);
      if (server.kind === "cluster" && server.cluster !== undefined) {
        const made = new ClusterPostgres(
          `${name}-cluster`,
          {
            ...server.cluster,
            user,
            database,
            // The server's pod reads it, so that it stands where the server is.
            adminSecret: adminSecret("", place.namespaceReady),
            place,
            protect: args.protect,
          },
          { parent: this },
        );
        ready.push(...made.ready);
        this.holder = made.statefulSet;
      } else if (!separate) {
        adminSecret("", place.namespaceReady);
      }
    }
    const connection =
      existing === undefined
        ? generatedSource(secretName)
        : existingLogin(existing, this.pods, { database, username: user });
    if (renewed !== undefined) {
      const { image, after } = args.runner;
      const needs = { image, after: [...ready, ...after], server: this.pods, place: args.jobs };
      ready.push(renewed.renew({ ...needs, admin: connection }));
    }

    if (args.provisioning === "provider") {
      this.provider = new postgresql.Provider(
        `${name}-admin-login`,
        buildProvider(server, password),
        { parent: this, dependsOn: ready },
      );
    }
    this.admin = { user, ...(needsSecret && { connection }) };
    if (server.account !== undefined) this.account = server.account;
    this.ready = ready;
    this.registerOutputs();
  }

  private createRenewed(
    name: string,
    { server, passwords: send }: PostgresServerArgs,
    first: pulumi.Output<string>,
  ): AdminPassword | undefined {
    const generation = server.admin.passwordGeneration ?? 0;
    if (generation === 0) return undefined;
    return new AdminPassword(
      `${name}-admin-renewed`,
      { generation, first, send },
      { parent: this },
    );
  }

  private generatePassword(name: string, server: ServerSpec): pulumi.Output<string> {
    if (server.kind === "external") {
      throw new pulumi.ResourceError(
        `no password for the admin '${server.admin.user}' of the external server. Set it with:\n` +
          "  pulumi config set --secret tidegate:adminPassword",
        this,
        true,
      );
    }
    return new random.RandomPassword(
      `${name}-admin-password`,
      { length: 32, special: false },
      { parent: this },
    ).result;
  }
}
