import { describe, expect, test } from "vitest";
import { databaseHolds, serviceHolds, servicesBehind, type Standing } from "./holds.ts";
import type { ServiceStatus } from "./service-runner.ts";
import { testDatabase, testService, uses } from "./test-spec.ts";

const OPEN = { open: true, busy: false, failure: undefined };
const CLOSED = { open: false, busy: false, failure: "syntax error" };
const WORKING = { open: false, busy: true, failure: undefined };

function standing(
  databases: Readonly<Record<string, typeof OPEN | typeof CLOSED | typeof WORKING>>,
  services: Readonly<Record<string, ServiceStatus>> = {},
): Standing {
  return {
    databases: new Map(Object.entries(databases)),
    services: new Map(Object.entries(services).map(([name, status]) => [name, { status }])),
  };
}

describe("a service", () => {
  const service = testService("bff", { databases: [uses("a"), uses("b")], waitsFor: ["c"] });

  test("is held by nothing when the gates of all its databases are open", () => {
    expect(serviceHolds(service, standing({ a: OPEN, b: OPEN, c: OPEN }))).toEqual([]);
  });

  test("is held by every gate that is not open, with the reason", () => {
    expect(serviceHolds(service, standing({ a: OPEN, b: CLOSED, c: WORKING }))).toEqual([
      "the gate of b is closed: its migrations failed",
      "the gate of c is not open yet",
    ]);
  });

  test("is not held by a migration that failed after its gate had opened", () => {
    const later = { open: true, busy: false, failure: "syntax error" };
    expect(serviceHolds(service, standing({ a: later, b: OPEN, c: OPEN }))).toEqual([]);
  });

  test("is held by a service before it until that one is ready", () => {
    const after = testService("web", { after: ["bff"] });
    expect(serviceHolds(after, standing({}, { bff: { state: "starting" } }))).toEqual([
      "service bff is not ready",
    ]);
    expect(serviceHolds(after, standing({}, { bff: { state: "ready" } }))).toEqual([]);
  });
});

test("a database is held until those before it are migrated", () => {
  const database = testDatabase("b", { after: ["a"] });
  expect(databaseHolds(database, standing({ a: WORKING, b: WORKING }))).toEqual([
    "the gate of a is not open yet",
  ]);
  expect(databaseHolds(database, standing({ a: OPEN, b: WORKING }))).toEqual([]);
});

test("behind a gate are the services that use its database and those that wait for it", () => {
  const services = [
    testService("user", { databases: [uses("a")] }),
    testService("waiter", { waitsFor: ["a"] }),
    testService("other", { databases: [uses("b")] }),
  ];
  expect(servicesBehind("a", services).map(({ name }) => name)).toEqual(["user", "waiter"]);
});
