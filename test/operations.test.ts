import { expect, test } from "vitest";
import { Platform } from "../components/platform.ts";
import { loadPlatformFile } from "../config/load-file.ts";
import type { PlatformSpec } from "../config/spec.ts";
import * as pulumi from "@pulumi/pulumi";
import { podOf, violations } from "./pod-security.ts";
import { PLAIN_PASSWORD, type Recording, recordProgram, SECRET } from "./record-program.ts";

/** One database and its service are enough, and much faster than all eight. */
function small(spec: PlatformSpec): PlatformSpec {
  return { ...spec, databases: spec.databases.slice(0, 1), services: spec.services.slice(0, 1) };
}

const dev = small(await loadPlatformFile("dev"));
const prod = small(await loadPlatformFile("prod"));

/** A stack's program with settings that its file has not. */
async function record(base: PlatformSpec, change: Partial<PlatformSpec>): Promise<Recording> {
  return await recordProgram(() => {
    const spec = { ...base, ...change };
    new Platform(spec.name, {
      spec,
      secrets: { slack: pulumi.secret("https://hooks.example/s3cr3t") },
      ...(spec.server.kind === "external" && {
        adminPassword: pulumi.secret(`${PLAIN_PASSWORD}admin`),
      }),
    });
  });
}

/** Where an object with a namespace is. */
function namespaceOf(inputs: Record<string, unknown>): string {
  return (inputs["metadata"] as { namespace?: string } | undefined)?.namespace ?? "";
}

test("without a setting of it, no stack has a policy, an alert, a dashboard or a webhook", async () => {
  const { resources } = await record(dev, {});
  const found = resources.filter(({ type }) =>
    /NetworkPolicy|PrometheusRule|Notifications|Monitoring|NetworkAccess/.test(type),
  );
  expect(found).toEqual([]);
});

test("a server outside of the cluster has one policy, for the Jobs", async () => {
  const { resources } = await record(prod, { networkPolicies: true });
  const policies = resources.filter(({ type }) => type.endsWith(":NetworkPolicy"));
  expect(policies.map(({ name }) => name)).toEqual(["tidegate-network-migration-access"]);
});

test("one in the cluster has one for itself too", async () => {
  const cluster = { image: "postgres:17", storage: "1Gi", resources: {} };
  const server = { ...dev.server, kind: "cluster", cluster } as const;
  const { resources } = await record(dev, {
    networkPolicies: true,
    provisioning: "job",
    server,
  });
  const policies = resources.filter(({ type }) => type.endsWith(":NetworkPolicy"));
  expect(policies.map(({ name }) => name).toSorted()).toEqual([
    "tidegate-network-migration-access",
    "tidegate-network-postgres-access",
  ]);
});

test("with a namespace of their own, Jobs and all their Secrets are there; what services mount is not", async () => {
  const { resources } = await record(prod, { migrationNamespace: { name: "ops", create: true } });
  const inside = (kind: string, namespace: string) =>
    resources
      .filter(({ type, inputs }) => type.endsWith(`:${kind}`) && namespaceOf(inputs) === namespace)
      .map(({ name }) => name);
  expect(inside("Job", "battlescope")).toEqual([]);
  expect(inside("Job", "ops").toSorted()).toEqual([
    "tidegate-authentication-login-bootstrap",
    "tidegate-battlescope-auth-bootstrap",
    "tidegate-battlescope-auth-migration-job",
  ]);
  expect(inside("Secret", "battlescope").filter((name) => !name.endsWith("-login-secret"))).toEqual(
    [],
  );
  expect(inside("Secret", "ops")).toContain("tidegate-postgres-admin-jobs");
  const maps = inside("ConfigMap", "battlescope");
  expect(maps.filter((name) => name.endsWith("-schema")).length).toBe(1);
  expect(maps.filter((name) => name.endsWith("-files"))).toEqual([]);
  expect(inside("ConfigMap", "ops")).toContain("tidegate-postgres-ca-jobs");
});

test("the webhook's URL is in a Secret, and reaches only the container that migrates", async () => {
  const recording = await record(dev, {
    notifications: { webhook: "slack", on: ["failure"] },
  });
  const { resources } = recording;
  const secret = recording.find("kubernetes:core/v1:Secret", "tidegate-notifications-webhook");
  expect(secret.inputs["stringData"]).toEqual(SECRET);
  expect(JSON.stringify(resources)).not.toContain("hooks.example");
  const told = resources.filter(({ inputs }) => JSON.stringify(inputs).includes("NOTIFY_"));
  expect(told.map(({ name }) => name).toSorted()).toEqual(
    dev.databases.map(({ kubeName }) => `tidegate-${kubeName}-migration-job`).toSorted(),
  );
  for (const { inputs, dependencies } of told) {
    expect(dependencies).toContain(secret.urn);
    const { initContainers } = podOf({ inputs } as (typeof told)[number]) ?? {};
    expect(JSON.stringify(initContainers)).not.toContain("NOTIFY_");
  }
});

test("alerts and dashboard carry the labels by which they are found", async () => {
  const recording = await record(dev, {
    monitoring: {
      longAfter: 0.5,
      prometheusRule: { labels: { release: "kps" } },
      grafanaDashboard: { labels: {} },
    },
  });
  const rule = recording.find(
    "kubernetes:monitoring.coreos.com/v1:PrometheusRule",
    "tidegate-monitoring-alerts",
  );
  expect(rule.inputs["metadata"]).toMatchObject({ labels: { release: "kps" } });
  const dashboard = recording.find("kubernetes:core/v1:ConfigMap", "tidegate-monitoring-dashboard");
  expect(dashboard.inputs["metadata"]).toMatchObject({ labels: { grafana_dashboard: "1" } });
});

test("a sidecar stands in Jobs and services alike, and every pod stays within Pod Security restricted", async () => {
  const sidecar = {
    name: "cloud-sql-proxy",
    image: `proxy@sha256:${"a".repeat(64)}`,
    args: [],
    env: {},
    envFrom: [],
    resources: {},
  };
  const pod = { sidecars: [sidecar], imagePullSecrets: ["registry-login"] };
  const { resources } = await record(prod, {
    server: { ...prod.server, proxy: sidecar, account: "db-deployer" },
    databases: prod.databases.map((database) => ({ ...database, pod })),
    services: prod.services.map((service) => ({ ...service, pod })),
  });
  const pods = resources.flatMap((resource) => {
    const found = podOf(resource);
    return found === undefined ? [] : [{ name: resource.name, pod: found }];
  });
  expect(pods.length).toBe(4);
  for (const each of pods) {
    expect(each.pod.initContainers?.[0]?.name, each.name).toBe("cloud-sql-proxy");
    expect(violations(each.pod), each.name).toEqual([]);
    expect(each.pod, each.name).toMatchObject({ imagePullSecrets: [{ name: "registry-login" }] });
  }
  const bootstraps = pods.filter(({ name }) => name.endsWith("-bootstrap"));
  expect(bootstraps.map(({ pod: spec }) => spec)).toMatchObject([
    { serviceAccountName: "db-deployer" },
    { serviceAccountName: "db-deployer" },
  ]);
});

test("an account of the team's is used by both phases and made by none", async () => {
  const [first] = dev.databases;
  if (first === undefined) throw new Error("there is no database");
  const account = { name: "db-deployer", create: false, annotations: {} };
  const used = await record(dev, {
    databases: [{ ...first, account }],
    services: [],
  });
  const migration = `tidegate-${first.kubeName}-migration`;
  const job = used.find("kubernetes:batch/v1:Job", `${migration}-job`);
  expect(podOf(job)).toMatchObject({ serviceAccountName: "db-deployer" });
  expect(used.resources.map(({ name }) => name)).not.toContain(`${migration}-account`);

  const annotations = { "iam.gke.io/gcp-service-account": "x@y.iam.gserviceaccount.com" };
  const made = await record(dev, {
    databases: [{ ...first, account: { name: "mig", create: true, annotations } }],
    services: [],
  });
  const found = made.find("kubernetes:core/v1:ServiceAccount", `${migration}-account`);
  expect(found.inputs["metadata"]).toMatchObject({ name: "mig", annotations });
});
