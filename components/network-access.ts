import * as k8s from "@pulumi/kubernetes";
import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { PlatformSpec } from "../config/spec.ts";
import { buildLabels, buildSelector, CONNECTING_COMPONENTS } from "./labels.ts";
import type { Placement } from "./placement.ts";

type PolicySpec = types.input.networking.v1.NetworkPolicySpec;
type Peer = types.input.networking.v1.NetworkPolicyPeer;
type Rule = types.input.networking.v1.NetworkPolicyEgressRule;

/** Label that Kubernetes itself gives every namespace. */
const NAMESPACE_NAME = "kubernetes.io/metadata.name";

/** Port of the Cloud SQL proxy's connections. Source: "Cloud SQL Auth Proxy", network requirements. */
const CLOUD_SQL_PORT = 3307;

export interface NetworkAccessArgs {
  readonly spec: PlatformSpec;
  /** Where the services and a server in the cluster are. */
  readonly place: Placement;
  /** Where the Jobs are; the same, unless the spec names a namespace for them. */
  readonly jobs: Placement;
  /** Port of the server, as pods reach it. */
  readonly port: number;
}

/**
 * NetworkPolicies by least privilege: a server in the cluster is reached by Jobs and by the services that
 * use a database, and a Job reaches nothing but Postgres and DNS. They bind only where the cluster's
 * network enforces them.
 */
export class NetworkAccess extends pulumi.ComponentResource {
  constructor(name: string, args: NetworkAccessArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tidegate:components:NetworkAccess", name, {}, opts);
    const policy = (part: string, place: Placement, spec: PolicySpec): void => {
      const labels = buildLabels({
        platform: place.platform,
        name: part,
        component: "network-policy",
      });
      new k8s.networking.v1.NetworkPolicy(
        `${name}-${part}`,
        { metadata: { name: part, namespace: place.namespaceReady, labels }, spec },
        { parent: this, deleteBeforeReplace: true },
      );
    };
    if (args.spec.server.kind === "cluster") {
      policy("postgres-access", args.place, buildServerPolicy(args));
    }
    policy("migration-access", args.jobs, buildJobPolicy(args));
    this.registerOutputs();
  }
}

/** Who may reach the server: Jobs of this platform, and its services that use a database. */
export function buildServerPolicy(args: NetworkAccessArgs): PolicySpec {
  const { spec, place, jobs, port } = args;
  const connected = spec.services
    .filter(({ databases }) => databases.length > 0)
    .map(({ name }) => name);
  const elsewhere =
    jobs.namespace === place.namespace ? {} : { namespaceSelector: inNamespace(jobs.namespace) };
  const from: Peer[] = [
    { ...elsewhere, podSelector: jobPods(place.platform) },
    ...(connected.length === 0 ? [] : [{ podSelector: servicePods(place.platform, connected) }]),
  ];
  return {
    podSelector: { matchLabels: serverPods(place.platform) },
    policyTypes: ["Ingress"],
    ingress: [{ from, ports: [{ protocol: "TCP", port }] }],
  };
}

/**
 * What a Job may reach, and that nobody reaches it. A server outside of the cluster has a name, which a
 * policy can't hold: there its port is what remains. A policy of the team's own adds what else its
 * migrations need.
 */
export function buildJobPolicy(args: NetworkAccessArgs): PolicySpec {
  const { spec, place, jobs, port } = args;
  const elsewhere =
    jobs.namespace === place.namespace ? {} : { namespaceSelector: inNamespace(place.namespace) };
  const server: Rule =
    spec.server.kind === "cluster"
      ? {
          to: [{ ...elsewhere, podSelector: { matchLabels: serverPods(place.platform) } }],
          ports: [tcp(port)],
        }
      : { ports: spec.server.proxy === undefined ? [tcp(port)] : [tcp(CLOUD_SQL_PORT), tcp(443)] };
  return {
    podSelector: jobPods(place.platform),
    policyTypes: ["Ingress", "Egress"],
    ingress: [],
    egress: [
      // Anywhere: a DNS cache of the node answers from an address that no selector knows.
      { ports: [{ protocol: "UDP", port: 53 }, tcp(53)] },
      server,
      ...(spec.notifications === undefined ? [] : [{ ports: [tcp(443)] }]),
    ],
  };
}

function tcp(port: number): types.input.networking.v1.NetworkPolicyPort {
  return { protocol: "TCP", port };
}

function serverPods(platform: string): Record<string, string> {
  return buildSelector({ platform, name: "postgres", component: "database-server" });
}

function jobPods(platform: string): types.input.meta.v1.LabelSelector {
  return {
    matchLabels: { "app.kubernetes.io/part-of": platform },
    matchExpressions: [
      {
        key: "app.kubernetes.io/component",
        operator: "In",
        values: [...CONNECTING_COMPONENTS],
      },
    ],
  };
}

function servicePods(
  platform: string,
  names: readonly string[],
): types.input.meta.v1.LabelSelector {
  return {
    matchLabels: {
      "app.kubernetes.io/part-of": platform,
      "app.kubernetes.io/component": "service",
    },
    matchExpressions: [{ key: "app.kubernetes.io/name", operator: "In", values: [...names] }],
  };
}

function inNamespace(name: string): types.input.meta.v1.LabelSelector {
  return { matchLabels: { [NAMESPACE_NAME]: name } };
}
