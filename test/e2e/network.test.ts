import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect } from "vitest";
import { buildProxyImage } from "./cloud-sql.ts";
import { Cluster, isReady } from "./cluster.ts";
import { startExternalServer } from "./external-server.ts";
import { errorText } from "./outcome.ts";
import { ORDERS, ORDERS_SERVICE, sampleService, smallDatabase, tinyPlatform } from "./platforms.ts";
import { RESTRICTED_CONTAINER, RESTRICTED_POD } from "./restricted-pod.ts";
import { runRunbook } from "./runbook.ts";
import { scenario } from "./scenario.ts";
import { until } from "./observe.ts";

const run = promisify(execFile);

/** Whether the cluster's network enforces NetworkPolicies; kind's does, and its workflow says so. */
const ENFORCED = process.env["TIDEGATE_E2E_NETWORK_POLICIES"] === "enforced";

interface Policy {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly podSelector: Selector;
    readonly ingress?: readonly { readonly from: readonly { readonly podSelector: Selector }[] }[];
  };
}
interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly { readonly key: string; readonly values: string[] }[];
}

/** The names of the pods that a selector of a policy takes, as the cluster itself resolves it. */
async function selected(cluster: Cluster, selector: Selector): Promise<readonly string[]> {
  const labels = Object.entries(selector.matchLabels ?? {}).map(
    ([key, value]) => `${key}=${value}`,
  );
  const expressions = (selector.matchExpressions ?? []).map(
    ({ key, values }) => `${key} in (${values.join(",")})`,
  );
  const pods = await cluster.list("pods", [...labels, ...expressions].join(","));
  return pods.map(({ metadata }) => metadata.labels?.["app.kubernetes.io/name"] ?? "?");
}

/** A pod that tries to reach the server, with labels of nobody or of somebody. */
async function reaches(
  cluster: Cluster,
  image: string,
  labels: object,
  name: string,
): Promise<boolean> {
  const program = `require("node:net").connect({ host: "postgres.${cluster.namespace}.svc", port: 5432, timeout: 5000 })
    .on("connect", () => process.exit(0)).on("timeout", () => process.exit(3)).on("error", () => process.exit(4))`;
  await cluster.apply({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels },
    spec: {
      restartPolicy: "Never",
      automountServiceAccountToken: false,
      securityContext: RESTRICTED_POD,
      containers: [
        {
          name: "probe",
          image,
          command: ["node", "--eval", program],
          securityContext: RESTRICTED_CONTAINER,
        },
      ],
    },
  });
  const phase = await until("the end of the probe", async () => {
    const [pod] = (await cluster.list("pods")).filter(({ metadata }) => metadata.name === name);
    const seen = pod?.status?.phase;
    return seen === "Succeeded" || seen === "Failed" ? seen : undefined;
  });
  await cluster.kubectl("delete", "pod", name, "--wait=false");
  return phase === "Succeeded";
}

scenario(
  "50: a namespace and an existing account for migrations, and NetworkPolicies around a server in the cluster",
  async ({ stack, images, engine, note, afterwards }) => {
    const image = await images.service("1");
    const tiny = await tinyPlatform(image);
    const shop = await stack({
      part: "net",
      files: tiny.files,
      config: {
        server: { kind: "cluster", version: 17, image: "postgres:17", storage: "1Gi" },
        networkPolicies: true,
        databases: {
          [ORDERS]: smallDatabase(ORDERS, {
            serviceAccount: { name: "db-deployer", create: false },
          }),
        },
        services: {
          [ORDERS_SERVICE]: sampleService(ORDERS_SERVICE, ORDERS, image),
          front: { image, port: 3000, env: { SERVICE_NAME: "frontend" }, waitsFor: [ORDERS] },
        },
      },
    });
    // The account belongs to the team, and so does the namespace that it is in.
    const jobs = new Cluster(`${shop.name}-jobs`);
    await run("kubectl", ["create", "namespace", jobs.namespace]);
    afterwards(async () => {
      await run("kubectl", ["delete", "namespace", jobs.namespace]);
    });
    const enforce = "pod-security.kubernetes.io/enforce=restricted";
    await run("kubectl", ["label", "namespace", jobs.namespace, enforce]);
    await jobs.kubectl("create", "serviceaccount", "db-deployer");
    await shop.configure({ migrationNamespace: { name: jobs.namespace, create: false } });
    const up = await shop.up();
    expect(up.ok, up.output).toBe(true);

    const names = async (cluster: Cluster, kind: string): Promise<readonly string[]> =>
      (await cluster.list(kind)).map(({ metadata }) => metadata.name).toSorted();
    expect(await names(shop.cluster, "jobs")).toEqual([]);
    expect((await names(jobs, "jobs")).length).toBe(3);
    expect(await names(shop.cluster, "secrets")).toEqual([
      `${ORDERS_SERVICE}-login`,
      "postgres-admin",
    ]);
    expect(await names(jobs, "secrets")).toEqual([
      "battlescope-ingestion-bootstrap",
      "battlescope-ingestion-migrator",
      `${ORDERS_SERVICE}-bootstrap`,
      "postgres-admin",
    ]);
    expect(await names(shop.cluster, "configmaps")).toContain("battlescope-ingestion-schema");
    const [migration] = await jobs.jobPods(ORDERS);
    expect(migration?.spec).toMatchObject({ serviceAccountName: "db-deployer" });
    expect((await shop.cluster.pods(ORDERS_SERVICE)).map(isReady)).toEqual([true]);
    note(
      `up ${up.seconds} s; Jobs and the migrator's Secret in ${jobs.namespace} only, as db-deployer`,
    );

    const [server] = (await shop.cluster.list("networkpolicies")) as unknown as Policy[];
    const [job] = (await jobs.list("networkpolicies")) as unknown as Policy[];
    expect([server?.metadata.name, job?.metadata.name]).toEqual([
      "postgres-access",
      "migration-access",
    ]);
    const described = await runRunbook(shop, engine, "NetworkPolicies", "docs/operations.md");
    expect(described).toMatch(/^postgres-access /m);
    expect(described).toContain("To Port: 5432/TCP");
    note(described);
    const peers = server?.spec.ingress?.[0]?.from.map(({ podSelector }) => podSelector) ?? [];
    expect(await selected(shop.cluster, server?.spec.podSelector ?? {})).toEqual(["postgres"]);
    expect(new Set(await selected(jobs, peers[0] ?? {}))).toEqual(
      new Set(["battlescope-ingestion", ORDERS_SERVICE]),
    );
    expect(await selected(shop.cluster, peers[1] ?? {})).toEqual([ORDERS_SERVICE]);
    expect(new Set(await selected(jobs, job?.spec.podSelector ?? {}))).toEqual(
      new Set(["battlescope-ingestion", ORDERS_SERVICE]),
    );
    note(
      `postgres-access lets in: Jobs in ${jobs.namespace}, the service ${ORDERS_SERVICE}, not front`,
    );

    const stranger = await reaches(shop.cluster, image, { app: "stranger" }, "stranger");
    if (ENFORCED) expect(stranger, "a pod without the labels reaches Postgres").toBe(false);
    note(
      ENFORCED
        ? "a pod without the labels does not reach Postgres"
        : `this cluster enforces no NetworkPolicy: a stranger ${stranger ? "reaches" : "does not reach"} Postgres; kind shows it (TIDEGATE_E2E_NETWORK_POLICIES=enforced)`,
    );

    await shop.configure({ networkPolicies: false });
    const off = await shop.up();
    expect(off.ok, off.output).toBe(true);
    expect(await names(shop.cluster, "networkpolicies")).toEqual([]);
    note(`switched off: both are gone, ${off.seconds} s`);
  },
);

scenario(
  "51: the Cloud SQL proxy beside Jobs, which it does not keep alive, and beside services; IAM logins are refused",
  async (given) => {
    const { stack, images, engine, note } = given;
    const server = await startExternalServer(given, 17);
    const proxy = await buildProxyImage(engine.registry, `${server.host}:${server.port}`);
    const tiny = await tinyPlatform(await images.service("1"));
    const cloudSqlProxy = { instance: "acme:europe-west1:main", image: proxy };
    const external = { kind: "external", version: 17, admin: { user: server.admin.user } };
    const shop = await stack({
      part: "csql",
      files: tiny.files,
      config: {
        ...tiny.config,
        server: { ...external, cloudSqlProxy: { ...cloudSqlProxy, iamLogins: true } },
      },
    });
    const setPassword = async (): Promise<void> => {
      const { password } = server.admin;
      const set = await shop.cli("config", "set", "--secret", "adminPassword", password);
      expect(set.code, set.output).toBe(0);
    };
    await setPassword();
    const refused = await shop.preview();
    expect(refused.ok).toBe(false);
    expect(refused.output).toContain("a login of IAM is made by Google's API, not by SQL");
    expect(await shop.resources()).toEqual([]);

    // Written anew, the stack's file holds no secret.
    await shop.configure({ server: { ...external, cloudSqlProxy } });
    await setPassword();
    const up = await shop.up();
    expect(up.ok, up.output).toBe(true);
    const jobs = await shop.cluster.list("jobs");
    expect(jobs.map(({ status }) => status?.succeeded)).toEqual([1, 1, 1]);
    for (const pod of await shop.cluster.list(
      "pods",
      "app.kubernetes.io/component in (migration,bootstrap)",
    )) {
      const log = await shop.cluster.kubectl(
        "logs",
        pod.metadata.name,
        "--container",
        "cloud-sql-proxy",
      );
      expect(log).toContain("ready for new connections to acme:europe-west1:main");
      expect(log).toContain("ended by SIGTERM");
      expect(pod.status?.phase).toBe("Succeeded");
    }
    const pods = await shop.cluster.pods(ORDERS_SERVICE);
    expect(pods.map(isReady)).toEqual([true]);
    expect(pods[0]?.status?.initContainerStatuses?.map(({ name, ready }) => [name, ready])).toEqual(
      [
        ["cloud-sql-proxy", true],
        ["schema-gate", true],
      ],
    );
    const { rows } = await server.connect("postgres", (client) =>
      client.query<{ user: string }>(
        `select distinct usename as user from pg_stat_activity where datname = '${ORDERS}'`,
      ),
    );
    expect(rows).toEqual([{ user: `${ORDERS_SERVICE}_a` }]);
    note(
      `up ${up.seconds} s: three Jobs complete, each proxy ended by SIGTERM; the service connects through its own`,
    );

    await shop.migrations(ORDERS, { "006_broken.sql": "select 1/0;\n" });
    const failed = await shop.up();
    expect(failed.ok).toBe(false);
    expect(errorText(failed)).toContain("006_broken.sql:1: division by zero");
    note(
      `a failing migration beside the proxy: ${/006_broken[^\n]*/.exec(errorText(failed))?.[0]}`,
    );
  },
);
