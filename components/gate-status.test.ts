import { expect, test } from "vitest";
import { explainRollout, explainStatus, type RolloutStatus } from "./gate-status.ts";

const LOGS = "kubectl logs x";

test("a Job that has succeeded opens its gate", () => {
  expect(
    explainStatus("auth", "d", { name: "j", digest: "d", status: { succeeded: 1 } }, LOGS),
  ).toBeUndefined();
});

test.each([
  ["has failed", { name: "j", digest: "d", status: { failed: 2 } }, "Job 'j' has failed"],
  [
    "has failed, with its pod not counted yet",
    {
      name: "j",
      digest: "d",
      status: { conditions: [{ type: "FailureTarget", status: "True" }] },
    },
    "Job 'j' has failed",
  ],
  ["still runs", { name: "j", digest: "d", status: {} }, "Job 'j' has not completed"],
  ["has no status yet", { name: "j", digest: "d" }, "Job 'j' has not completed"],
  ["was left out of the update", {}, "the migration Job has not completed"],
])("a Job that %s keeps it closed", (_what, job, reason) => {
  expect(explainStatus("auth", "d", job, LOGS)).toBe(`database 'auth': ${reason}; see: ${LOGS}`);
});

test("a Job that has succeeded for an older release keeps it closed, and says why", () => {
  const job = { name: "j", digest: "old", status: { succeeded: 1 } };
  expect(explainStatus("auth", "new", job, LOGS)).toBe(
    "database 'auth': Job 'j' is an older release's, and its successor was left out of this update",
  );
});

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
