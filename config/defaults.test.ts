import { HOST_PLATFORM } from "./images/plan.ts";
import { expect, test } from "vitest";
import { parsePlatform } from "./parse.ts";
import { report } from "./problem.ts";
import type { PlatformSpec } from "./spec.ts";
import { changed, CONTEXT, DIGEST, INPUTS, VALID } from "./test-platform.ts";
import type { Tree } from "./tree.ts";

function specOf(raw: Tree, context = {}): PlatformSpec {
  const parsed = parsePlatform([{ source: "Pulumi.dev.yaml", value: raw }], {
    ...CONTEXT,
    ...context,
  });
  if ("problems" in parsed) throw new Error(report("dev", parsed.problems));
  return parsed.spec;
}

test("a platform of a few lines becomes a complete description", () => {
  const { databases, services, ...rest } = specOf(VALID, { commit: "0badc0de" });
  expect(rest).toEqual({
    name: "tidegate",
    stack: "dev",
    namespace: { name: "dev", create: true },
    context: "kind-kind",
    images: {
      migrator: {
        reference: "localhost:5000/tidegate-migrator:0123456789abcdef0123456789abcdef",
        build: {
          name: "migrator",
          context: "migrator/dist/image",
          dockerfile: "migrator/dist/image/Dockerfile",
          args: {},
          platform: HOST_PLATFORM,
        },
      },
      gate: {
        reference: "localhost:5000/tidegate-migrator:0123456789abcdef0123456789abcdef",
        build: {
          name: "migrator",
          context: "migrator/dist/image",
          dockerfile: "migrator/dist/image/Dockerfile",
          args: {},
          platform: HOST_PLATFORM,
        },
      },
    },
    server: {
      kind: "docker",
      version: 17,
      deployer: { host: "127.0.0.1", port: 15432 },
      tls: { mode: "disable" },
      admin: { user: "postgres", database: "postgres" },
      docker: { image: "postgres:17", network: "kind", publishedPort: 15432 },
    },
    provisioning: "provider",
    passwords: "verifier",
    commit: "0badc0de",
  });
  const [first] = databases;
  if (first === undefined) throw new Error("there is no database");
  const { migrations, delivery, ...auth } = first;
  expect(auth).toEqual({
    name: "auth",
    kubeName: "auth",
    roles: {
      owner: "auth_owner",
      migrator: "auth_migrator",
      app: "auth_app",
      readonly: "auth_readonly",
    },
    strategy: "job",
    olderVersions: "refuse",
    migrationsDir: "migrations/auth",
    deadlineSeconds: 600,
    retries: 2,
    serverWaitSeconds: 60,
    lockWaitSeconds: 240,
    idleInTransactionSeconds: 300,
    resources: {
      requests: { cpu: "100m", memory: "128Mi" },
      limits: { cpu: "500m", memory: "512Mi" },
    },
    env: {},
    extensions: [],
    after: [],
    protect: false,
    run: 0,
    ahead: "notice",
    outOfOrder: false,
    maintenance: false,
    manualRuns: true,
  });
  expect(migrations.migrations.map(({ name }) => name)).toEqual([
    "001_accounts",
    "002_email",
    "010_index",
  ]);
  expect(delivery.items.map(({ path }) => path)).toEqual([
    "001_accounts.sql",
    "002_email.sql",
    "010_index.sql",
    "manifest.json",
  ]);
  expect(delivery.items.map(({ key }) => key)).toEqual(Object.keys(delivery.files));
  expect(delivery.digest).toMatch(/^[0-9a-f]{64}$/);
  expect(services).toEqual([
    {
      name: "api",
      applicationName: "api@aaaaaaaaaaaa",
      image: { reference: `ghcr.io/acme/api@${DIGEST}` },
      port: 8080,
      replicas: 1,
      env: {},
      secretEnv: {},
      envFrom: [],
      resources: { requests: { cpu: "25m", memory: "64Mi" }, limits: { memory: "256Mi" } },
      probes: { liveness: "/healthz", readiness: "/readyz" },
      rolloutTimeoutSeconds: 300,
      serviceAccount: { name: "api", create: true, annotations: {} },
      databases: [{ database: "auth", role: "app", env: { DATABASE_URL: "url" } }],
      logins: { active: "api_a", locked: "api_b" },
      waitsFor: [],
      after: [],
      gateTimeoutSeconds: 300,
    },
    {
      name: "web",
      applicationName: "web@aaaaaaaaaaaa",
      image: { reference: `ghcr.io/acme/web@${DIGEST}` },
      port: 8080,
      replicas: 1,
      env: {},
      secretEnv: {},
      envFrom: [],
      resources: { requests: { cpu: "25m", memory: "64Mi" }, limits: { memory: "256Mi" } },
      probes: { liveness: "/healthz", readiness: "/readyz" },
      rolloutTimeoutSeconds: 300,
      serviceAccount: { name: "web", create: true, annotations: {} },
      databases: [],
      waitsFor: ["auth"],
      after: [],
      gateTimeoutSeconds: 300,
    },
  ]);
});

test("an external server is verified in full and provisioned from within the cluster", () => {
  const raw = changed({
    server: { kind: "external", host: "db.example", tls: { ca: "tls/ca.pem", serverName: "db" } },
  });
  const spec = specOf(raw);
  expect(spec.provisioning).toBe("job");
  expect(spec.server).toEqual({
    kind: "external",
    version: 17,
    pods: { host: "db.example", port: 5432 },
    tls: {
      mode: "verify-full",
      ca: "-----BEGIN CERTIFICATE-----",
      caFile: "tls/ca.pem",
      serverName: "db",
    },
    admin: { user: "postgres", database: "postgres" },
  });
});

test("a server in the cluster gets a volume and no address of its own", () => {
  const spec = specOf(changed({ server: { kind: "cluster", version: 16 } }));
  expect(spec.provisioning).toBe("job");
  expect(spec.server).toEqual({
    kind: "cluster",
    version: 16,
    tls: { mode: "disable" },
    admin: { user: "postgres", database: "postgres" },
    cluster: {
      image: "postgres:16",
      storage: "5Gi",
      resources: { requests: { cpu: "100m", memory: "256Mi" }, limits: { memory: "1Gi" } },
    },
  });
});

test("services with the same build share one image, others do not", () => {
  const build = { context: "services/api", args: { B: 2, A: "1" } };
  const same = { context: "services/api/", args: { A: "1", B: 2 } };
  const other = { context: "services/api", args: { A: "2" } };
  const digests = new Map([
    ...INPUTS.digests,
    [
      JSON.stringify([
        "services/api",
        "services/api/Dockerfile",
        [
          ["A", "1"],
          ["B", "2"],
        ],
        HOST_PLATFORM,
      ]),
      { value: "d1" },
    ] as const,
    [
      JSON.stringify(["services/api", "services/api/Dockerfile", [["A", "2"]], HOST_PLATFORM]),
      { value: "d2" },
    ] as const,
  ]);
  const { services } = specOf(
    { ...VALID, services: { one: { build }, two: { build: same }, three: { build: other } } },
    { inputs: { ...INPUTS, digests } },
  );
  expect(services.map(({ image }) => [image.reference, image.build?.name])).toEqual([
    ["localhost:5000/services-api:d1", "services-api"],
    ["localhost:5000/services-api:d1", "services-api"],
    ["localhost:5000/services-api-2:d2", "services-api-2"],
  ]);
});

test("a window reaches the database that it is about", () => {
  const { services } = specOf(
    changed({
      services: {
        api: { databases: { battles: "readonly" }, schema: { auth: { min: "002_email" } } },
        web: { databases: { battles: "readonly" }, schema: { max: "001_battles" } },
      },
    }),
  );
  expect(
    services.map(({ databases }) => databases.map(({ database, schema }) => [database, schema])),
  ).toEqual([
    [
      ["auth", { min: "002_email" }],
      ["battles", undefined],
    ],
    [["battles", { max: "001_battles" }]],
  ]);
});
