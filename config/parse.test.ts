import { expect, test } from "vitest";
import { parsePlatform } from "./parse.ts";
import { report } from "./problem.ts";
import { AUTH_MIGRATIONS, CONTEXT, DIGEST, problemsIn, VALID } from "./test-platform.ts";

test("a file full of mistakes is reported all at once, each with its path and file", () => {
  const stack = {
    source: "Pulumi.dev.yaml",
    value: {
      regsitry: "localhost:5000",
      context: ["kind-kind"],
      server: { kind: "external", port: 70_000, admin: { user: "api_b" } },
      provisioning: "provider",
      images: { migrator: "ghcr.io/acme/migrator:latest" },
      databases: {
        auth: { deadline: "soon", after: ["battles"] },
        Users: { migrations: "migrations/auth" },
      },
      services: {
        api: {
          replicas: "two",
          databases: { shop: "app" },
          env: { DATABASE_URL: "x" },
        },
        cron: { databases: { auth: "readonly" } },
      },
    },
  };
  const extended = {
    source: "shared/platform.yaml",
    value: {
      databases: {
        auth: { migrations: "migrations/auth", retires: 3 },
        battles: { migrations: "migrations/battles", after: ["auth"] },
      },
      services: { api: { image: `ghcr.io/acme/api@${DIGEST}`, probes: { readiness: "ready" } } },
    },
  };
  const parsed = parsePlatform([stack, extended], { ...CONTEXT, current: { name: "prod" } });
  expect("problems" in parsed && report("dev", parsed.problems)).toBe(
    `the configuration of stack dev has 16 problems; nothing was changed:
  regsitry (Pulumi.dev.yaml): there is no such key; did you mean "registry"? allowed here: namespace, context, registry, images, server, provisioning, passwords, migrationNamespace, networkPolicies, monitoring, notifications, defaults, databases, services, rollback
  context (Pulumi.dev.yaml): the current kube context is "prod" and this stack may touch "kind-kind" only: kubectl config use-context kind-kind, or add it here
  images.migrator (Pulumi.dev.yaml): "ghcr.io/acme/migrator:latest" has no digest, so that what runs could change behind the stack's back: give ghcr.io/acme/migrator:latest@sha256:… (docker buildx imagetools inspect ghcr.io/acme/migrator:latest)
  server.port (Pulumi.dev.yaml): 70000 is no port: 1 to 65535 are
  server.host (Pulumi.dev.yaml): is missing: an external server needs the host that pods connect to
  provisioning (Pulumi.dev.yaml): provider needs server.deployer, the host and port at which this machine reaches the server; set it, or provisioning: job, which works inside the cluster
  databases.auth.deadline (Pulumi.dev.yaml): must be a number of seconds, or a string such as "90s", "10m" or "1h"
  databases.auth.retires (shared/platform.yaml): there is no such key; did you mean "retries"? allowed here: migrations, runner, strategy, allowMigratorSecretInService, allowUngated, deadline, retries, podRetries, lockWait, statementTimeout, idleInTransactionTimeout, resources, scheduling, imagePullSecrets, sidecars, serviceAccount, env, extensions, after, protect, backup, migrator, run, ahead, outOfOrder, olderVersions, maintenance, manualRuns, lint, lintAfter
  databases.auth.after (Pulumi.dev.yaml): goes round in a circle, so that none could be first: auth → battles → auth; take one "after" out
  databases.Users (Pulumi.dev.yaml): a database is not called "Users": with upper case every tool would have to quote it; call it "users"
  services.api.replicas (Pulumi.dev.yaml): must be a whole number, 0 or more
  services.api.probes.readiness (shared/platform.yaml): must be a path that begins with "/"
  services.api (Pulumi.dev.yaml): its role "api_b" is also that of the admin: rename one of them
  services.api.databases.shop (Pulumi.dev.yaml): there is no database "shop" (declared: "auth", "battles", "Users")
  services.api.env.DATABASE_URL (Pulumi.dev.yaml): is set by the connection to database "shop": take it out, or give that connection a prefix
  services.cron.image (Pulumi.dev.yaml): is missing: give image (by digest) or build: { context }`,
  );
});

test("two files: the stack's value wins, objects are merged, a list is replaced", () => {
  const parsed = parsePlatform(
    [
      {
        source: "Pulumi.dev.yaml",
        value: { context: "minikube", databases: { auth: { protect: true } } },
      },
      { source: "shared.yaml", value: { ...VALID, context: ["kind-kind", "cluster"] } },
    ],
    CONTEXT,
  );
  if ("problems" in parsed) throw new Error(report("dev", parsed.problems));
  expect(parsed.spec.context).toBe("minikube");
  expect(parsed.spec.databases.map(({ name, protect }) => [name, protect])).toEqual([
    ["auth", true],
    ["battles", false],
  ]);
});

test("an image of the stack replaces the build of the file that it extends", () => {
  const parsed = parsePlatform(
    [
      {
        source: "Pulumi.prod.yaml",
        value: { services: { api: { image: `ghcr.io/acme/api@${DIGEST}` } } },
      },
      {
        source: "shared.yaml",
        value: { ...VALID, services: { api: { build: { context: "services/api" } } } },
      },
    ],
    CONTEXT,
  );
  if ("problems" in parsed) throw new Error(report("prod", parsed.problems));
  expect(parsed.spec.services.map(({ image }) => image)).toEqual([
    { reference: `ghcr.io/acme/api@${DIGEST}` },
  ]);
});

test("defaults stand under every entry, and an entry wins over them", () => {
  const parsed = parsePlatform(
    [
      {
        source: "Pulumi.dev.yaml",
        value: {
          ...VALID,
          defaults: { database: { retries: 5, deadline: "1h" }, service: { replicas: 3 } },
          services: { web: { image: `x@${DIGEST}`, replicas: 1 }, api: { image: `x@${DIGEST}` } },
        },
      },
    ],
    CONTEXT,
  );
  if ("problems" in parsed) throw new Error(report("dev", parsed.problems));
  expect(parsed.spec.databases.map((d) => [d.retries, d.deadlineSeconds])).toEqual([
    [5, 3600],
    [5, 3600],
  ]);
  expect(parsed.spec.services.map((s) => [s.name, s.replicas])).toEqual([
    ["web", 1],
    ["api", 3],
  ]);
});

test.each(["user", "order", "select", "a", "d".repeat(54)])(
  "a database may be called %s",
  (name) => {
    expect(problemsIn({ ...VALID, databases: { auth: VALID, [name]: {} } })).not.toContainEqual(
      expect.stringContaining("is not called"),
    );
    const raw = {
      ...VALID,
      databases: {
        auth: { migrations: "migrations/auth" },
        [name]: { migrations: "migrations/battles" },
      },
    };
    expect(problemsIn(raw)).toEqual([]);
  },
);

test("a window that this deploy stays in is no problem", () => {
  const [first, , last] = AUTH_MIGRATIONS;
  for (const schema of [
    { min: first, max: last },
    { auth: { min: last } },
    { max: "011_to_come" },
    {},
  ]) {
    const services = { api: { image: `x@${DIGEST}`, databases: { auth: "app" }, schema } };
    expect(problemsIn({ ...VALID, services })).toEqual([]);
  }
});
