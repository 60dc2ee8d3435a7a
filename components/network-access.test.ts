import { expect, test } from "vitest";
import type { PlatformSpec, ServiceSpec } from "../config/spec.ts";
import { buildJobPolicy, buildServerPolicy, type NetworkAccessArgs } from "./network-access.ts";

const service = (name: string, databases: readonly string[]): Partial<ServiceSpec> => ({
  name,
  databases: databases.map((database) => ({ database, role: "app", env: {} })),
});

const place = { platform: "shop", namespace: "prod", namespaceReady: "prod" };

function args(
  server: Partial<PlatformSpec["server"]>,
  more: Partial<NetworkAccessArgs> = {},
  spec: Partial<PlatformSpec> = {},
): NetworkAccessArgs {
  const services = [service("api", ["auth"]), service("web", [])];
  return {
    spec: { services, server, ...spec } as unknown as PlatformSpec,
    place,
    jobs: place,
    port: 5432,
    ...more,
  };
}

const JOBS = {
  matchLabels: { "app.kubernetes.io/part-of": "shop" },
  matchExpressions: [
    { key: "app.kubernetes.io/component", operator: "In", values: ["migration", "bootstrap"] },
  ],
};
const SERVER = {
  "app.kubernetes.io/name": "postgres",
  "app.kubernetes.io/instance": "shop-postgres",
  "app.kubernetes.io/component": "database-server",
};
const DNS = {
  ports: [
    { protocol: "UDP", port: 53 },
    { protocol: "TCP", port: 53 },
  ],
};

test("the server is reached by Jobs and by services that use a database, on its port only", () => {
  expect(buildServerPolicy(args({ kind: "cluster" }))).toEqual({
    podSelector: { matchLabels: SERVER },
    policyTypes: ["Ingress"],
    ingress: [
      {
        from: [
          { podSelector: JOBS },
          {
            podSelector: {
              matchLabels: {
                "app.kubernetes.io/part-of": "shop",
                "app.kubernetes.io/component": "service",
              },
              matchExpressions: [
                { key: "app.kubernetes.io/name", operator: "In", values: ["api"] },
              ],
            },
          },
        ],
        ports: [{ protocol: "TCP", port: 5432 }],
      },
    ],
  });
});

test("a Job reaches the server's pods and DNS, and nobody reaches it", () => {
  expect(buildJobPolicy(args({ kind: "cluster" }))).toEqual({
    podSelector: JOBS,
    policyTypes: ["Ingress", "Egress"],
    ingress: [],
    egress: [
      DNS,
      { to: [{ podSelector: { matchLabels: SERVER } }], ports: [{ protocol: "TCP", port: 5432 }] },
    ],
  });
});

test("Jobs in a namespace of their own and the server find each other across both", () => {
  const jobs = { platform: "shop", namespace: "ops", namespaceReady: "ops" };
  const across = args({ kind: "cluster" }, { jobs });
  const inNamespace = (name: string) => ({
    matchLabels: { "kubernetes.io/metadata.name": name },
  });
  expect(buildServerPolicy(across)).toMatchObject({
    ingress: [{ from: [{ namespaceSelector: inNamespace("ops"), podSelector: JOBS }, {}] }],
  });
  expect(buildJobPolicy(across)).toMatchObject({
    egress: [DNS, { to: [{ namespaceSelector: inNamespace("prod") }] }],
  });
});

test.each([
  ["a server outside of the cluster", { kind: "external" }, {}, [[5432]]],
  ["the Cloud SQL proxy", { kind: "external", proxy: {} }, {}, [[3307, 443]]],
  ["a webhook", { kind: "external" }, { notifications: {} }, [[5432], [443]]],
] as const)("through %s a Job reaches its ports", (_what, server, spec, ports) => {
  const { egress } = buildJobPolicy(
    args(server as Partial<PlatformSpec["server"]>, {}, spec as Partial<PlatformSpec>),
  ) as { egress: { to?: object; ports: { port: number }[] }[] };
  expect(egress.slice(1).map((rule) => rule.ports.map(({ port }) => port))).toEqual(ports);
  expect(egress.every(({ to }) => to === undefined)).toBe(true);
});
