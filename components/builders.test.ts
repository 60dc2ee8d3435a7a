import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { buildImage } from "./container-image.ts";
import { buildContainer, type DockerPostgresArgs, pickAddress } from "./docker-postgres.ts";
import { buildLabels, buildSelector } from "./labels.ts";
import { inOrder } from "./in-order.ts";
import { buildProvider } from "./postgres-provider.ts";
import { buildDefaultPrivileges, buildGrants } from "./provisioned-database.ts";

describe("the container of Postgres", () => {
  const args: DockerPostgresArgs = {
    image: "postgres:17",
    version: 17,
    user: "postgres",
    database: "postgres",
    password: pulumi.secret("x"),
    publishedPort: 15432,
    place: { platform: "p", namespace: "n", namespaceReady: "n" },
    protect: false,
  };

  test("is published on the loopback address only", () => {
    expect(buildContainer(args, "v").ports).toEqual([
      { internal: 5432, external: 15432, ip: "127.0.0.1" },
    ]);
  });

  test.each([
    [17, "/var/lib/postgresql/data"],
    [18, "/var/lib/postgresql"],
  ])("keeps the data of %i where its image does", (version, containerPath) => {
    expect(buildContainer({ ...args, version }, "v").volumes).toEqual([
      { volumeName: "v", containerPath },
    ]);
  });

  test("joins a network only where one is named", () => {
    expect(buildContainer(args, "v")).not.toHaveProperty("networksAdvanced");
    expect(buildContainer({ ...args, network: "kind" }, "v").networksAdvanced).toEqual([
      { name: "kind" },
    ]);
  });

  const networks = [
    { networkName: "bridge", ipAddress: "172.17.0.2" },
    { networkName: "kind", ipAddress: "172.18.0.3" },
  ];

  test("is reached by the address in the network that pods are in", () => {
    expect(pickAddress(networks, "kind")).toBe("172.18.0.3");
    expect(pickAddress(networks)).toBe("172.17.0.2");
  });

  test("without an address says so, and how to mend it", () => {
    expect(() => pickAddress([], "kind")).toThrow(
      "the Postgres container has no address in the Docker network 'kind'. Was it stopped by hand? " +
        "Start it again, or run `pulumi refresh` and `pulumi up`.",
    );
    expect(() => pickAddress([{ networkName: "kind", ipAddress: "" }], "kind")).toThrow(
      "has no address",
    );
  });
});

describe("privileges", () => {
  const plan = {
    name: "auth",
    owner: "auth_owner",
    migrator: "auth_migrator",
    app: "auth_app",
    readonly: "auth_readonly",
    migratorPasswordEnv: "MIGRATOR_PASSWORD",
    extensions: [],
  };

  test("take everything on the database from PUBLIC before anything is granted", () => {
    expect(buildGrants(plan)[0]).toEqual({
      name: "public-none",
      role: "public",
      objectType: "database",
      privileges: [],
    });
  });

  test("give readonly nothing that writes", () => {
    const all = [...buildGrants(plan), ...buildDefaultPrivileges(plan)];
    const given = all.filter(({ role }) => role === "auth_readonly").flatMap((p) => p.privileges);
    expect([...new Set(given)].toSorted()).toEqual(["CONNECT", "SELECT", "USAGE"]);
  });

  test("give app no DDL and no TRUNCATE", () => {
    const all = [...buildGrants(plan), ...buildDefaultPrivileges(plan)];
    const given = all.filter(({ role }) => role === "auth_app").flatMap((p) => p.privileges);
    expect([...new Set(given)].toSorted()).toEqual([
      "CONNECT",
      "DELETE",
      "INSERT",
      "SELECT",
      "UPDATE",
      "USAGE",
    ]);
  });
});

test("the provider logs in as an admin that need not be superuser, and verifies the server", () => {
  const provider = buildProvider(
    {
      kind: "external",
      version: 17,
      deployer: { host: "db.example", port: 6432 },
      tls: { mode: "verify-full", ca: "PEM", caFile: "ca.pem" },
      admin: { user: "adm", database: "postgres" },
    },
    pulumi.secret("x"),
  );
  expect(provider).toMatchObject({
    host: "db.example",
    port: 6432,
    username: "adm",
    superuser: false,
    sslmode: "verify-full",
    sslrootcert: "ca.pem",
  });
});

test("an image is pushed to the registry of its own reference", () => {
  const image = buildImage({
    reference: "localhost:5000/api:abc",
    build: {
      name: "api",
      context: "api",
      dockerfile: "api/Dockerfile",
      args: { A: "1" },
      platform: "linux/arm64",
    },
  });
  expect(image).toEqual({
    imageName: "localhost:5000/api:abc",
    build: {
      context: "api",
      dockerfile: "api/Dockerfile",
      args: { A: "1" },
      platform: "linux/arm64",
    },
    registry: { server: "localhost:5000" },
  });
});

test("labels find the Job of a database whatever its name, and selectors stay as they are", () => {
  const part = { platform: "shop", name: "auth", component: "migration" } as const;
  expect(buildLabels({ ...part, database: "auth" })).toEqual({
    "app.kubernetes.io/name": "auth",
    "app.kubernetes.io/instance": "shop-auth",
    "app.kubernetes.io/component": "migration",
    "app.kubernetes.io/part-of": "shop",
    "app.kubernetes.io/managed-by": "tidegate",
    "tidegate.dev/database": "auth",
  });
  expect(Object.keys(buildSelector(part))).toEqual([
    "app.kubernetes.io/name",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/component",
  ]);
});

test("what comes after another is made after it, however it is declared", () => {
  const entries = [
    { name: "c", after: ["b"] },
    { name: "a", after: [] },
    { name: "b", after: ["a"] },
  ];
  expect(inOrder(entries).map(({ name }) => name)).toEqual(["a", "b", "c"]);
});
