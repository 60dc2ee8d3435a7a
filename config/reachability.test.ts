import { expect, test } from "vitest";
import { reachabilityOf } from "./reachability.ts";
import { server } from "./schema/server.ts";

const published = { host: "127.0.0.1", port: 15432 };

test.each([
  ["kind-kind", { deployer: published, network: "kind" }],
  ["kind-shop", { deployer: published, network: "kind" }],
  ["minikube", { deployer: published, network: "minikube" }],
  ["k3d-k3s-default", { deployer: published, network: "k3d-k3s-default" }],
  ["docker-desktop", { deployer: published, pods: { host: "host.docker.internal", port: 15432 } }],
  ["rancher-desktop", { deployer: published }],
  ["orbstack", { deployer: published }],
  ["cluster", { deployer: published }],
])("pods of %s reach a container", (context, expected) => {
  expect(reachabilityOf(server.parse({}), "docker", context)).toEqual(expected);
});

test("what the stack names wins over what the context suggests", () => {
  const named = server.parse({
    network: "shop",
    publishedPort: 5433,
    deployer: { host: "10.0.0.1" },
    pods: { host: "10.0.0.2", port: 6432 },
  });
  expect(reachabilityOf(named, "docker", "docker-desktop")).toEqual({
    deployer: { host: "10.0.0.1", port: 5432 },
    pods: { host: "10.0.0.2", port: 6432 },
    network: "shop",
  });
});

test("a published port is the one that Docker Desktop's pods use", () => {
  expect(reachabilityOf(server.parse({ publishedPort: 5433 }), "docker", "docker-desktop")).toEqual(
    {
      deployer: { host: "127.0.0.1", port: 5433 },
      pods: { host: "host.docker.internal", port: 5433 },
    },
  );
});

test("of an external server the deployer knows nothing unless it is told", () => {
  expect(reachabilityOf(server.parse({ host: "db.example" }), "external", "prod")).toEqual({
    pods: { host: "db.example", port: 5432 },
  });
});
