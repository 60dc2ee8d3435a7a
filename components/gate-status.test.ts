import { expect, test } from "vitest";
import { explainRollout, type RolloutStatus } from "./gate-status.ts";

const READY = [
  { type: "Available", status: "True" },
  { type: "Progressing", status: "True" },
];
const DEPLOYMENT: RolloutStatus = {
  name: "api",
  configMaps: ["other", "auth-pod-migrations-1"],
  conditions: READY,
};
const explain = (change: Partial<RolloutStatus>): string | undefined =>
  explainRollout("auth", "auth-pod-migrations-1", { ...DEPLOYMENT, ...change });

test("a Deployment that has rolled out with the release's migrations opens the gate of its readers", () => {
  expect(explain({})).toBeUndefined();
});

test.each<[string, Partial<RolloutStatus>, string]>([
  [
    "an older release's",
    { configMaps: ["auth-pod-migrations-0"] },
    "Deployment 'api', whose pods migrate it, is an older release's, and its successor was left out of this update",
  ],
  [
    "without an available pod",
    { conditions: [{ type: "Available", status: "False" }] },
    "Deployment 'api', whose pods migrate it, has not rolled out",
  ],
  [
    "stuck behind a failing migration while old pods serve",
    { conditions: [READY[0]!, { type: "Progressing", status: "False" }] },
    "Deployment 'api', whose pods migrate it, has not rolled out",
  ],
])("one that is %s keeps it closed", (_, change, reason) => {
  expect(explain(change)).toBe(`database 'auth': ${reason}`);
});

test("one that was left out of the update keeps it closed", () => {
  expect(explainRollout("auth", "auth-pod-migrations-1", {})).toBe(
    "database 'auth': the Deployment, whose pods migrate it, has not rolled out",
  );
});
