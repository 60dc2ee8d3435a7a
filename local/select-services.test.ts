import { expect, test } from "vitest";
import { checkPorts } from "./local-ports.ts";
import { migrationEnvironment } from "./migration-environment.ts";
import { selectServices } from "./select-services.ts";
import { testDatabase, testPlatform, testService, uses } from "./test-spec.ts";
import { UserError } from "./user-error.ts";

const PLATFORM = testPlatform(
  [testDatabase("first"), testDatabase("a", { after: ["first"] }), testDatabase("b")],
  [
    testService("api", { databases: [uses("a")], after: ["jobs"] }),
    testService("jobs", { databases: [uses("b")] }),
    testService("web", { waitsFor: ["b"], after: ["api"] }),
  ],
);

test("without a selection it is the whole platform", () => {
  expect(selectServices(PLATFORM, undefined)).toEqual(PLATFORM);
});

test("a selected service comes with its databases and those before them, and with no other service", () => {
  const { services, databases } = selectServices(PLATFORM, ["api"]);
  expect(services.map(({ name, after }) => [name, after])).toEqual([["api", []]]);
  expect(databases.map(({ name }) => name)).toEqual(["first", "a"]);
});

test("the order between selected services stays", () => {
  const { services, databases } = selectServices(PLATFORM, ["web", "api"]);
  expect(services.map(({ name, after }) => [name, after])).toEqual([
    ["api", []],
    ["web", ["api"]],
  ]);
  expect(databases.map(({ name }) => name)).toEqual(["first", "a", "b"]);
});

test("a service that is not started here is not waited for", () => {
  const [api, jobs] = PLATFORM.services;
  if (api === undefined || jobs === undefined) throw new Error("the platform has no services");
  const { dev: _, ...imageOnly } = jobs;
  const { services } = selectServices({ ...PLATFORM, services: [api, imageOnly] }, undefined);
  expect(services.map(({ name, after }) => [name, after])).toEqual([
    ["api", []],
    ["jobs", []],
  ]);
});

test("two services with one port are refused, as here they share a machine", () => {
  const services = [testService("a"), testService("b"), testService("c", { port: 3001 })];
  expect(() => checkPorts(testPlatform([], services))).toThrow(
    new UserError(
      "several services have port 3000 (a, b), and here they share one machine: give each a port of its own in Pulumi.test.yaml, or run one of them with --only",
    ),
  );
});

test("a service that does not exist is refused with those that do", () => {
  expect(() => selectServices(PLATFORM, ["api", "apo"])).toThrow(
    new UserError("--only apo: no such service in stack test; there are api, jobs, web", {
      usage: true,
    }),
  );
});

test("the variables of all migrations are put together, and two values of one are refused", () => {
  const one = testDatabase("a", { env: { SEED: "small", A: "1" } });
  expect(migrationEnvironment([one, testDatabase("b", { env: { SEED: "small" } })])).toEqual({
    SEED: "small",
    A: "1",
  });
  expect(() => migrationEnvironment([one, testDatabase("b", { env: { SEED: "big" } })])).toThrow(
    "databases a and b give SEED different values in their env, and npm run dev migrates both in one process: name it differently, or run one of them with --only",
  );
});
