import { expect, test } from "vitest";
import { explainStatus, refuseClosed } from "./gate.ts";

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

test("a refusal names every closed gate and the command for this service with its databases", () => {
  const gate = (target: string, reason: string | undefined) => ({
    targets: [target],
    closedBecause: () => reason,
  });
  const gates = [
    gate("**::p-auth-*", "database 'auth': closed"),
    gate("**::p-open-*", undefined),
    gate("**::p-battles-*", "database 'battles': closed"),
  ];
  expect(() => refuseClosed("p-bff", gates)).toThrow(
    "'p-bff' is not rolled out, because a migration that it needs has not completed:\n" +
      "  - database 'auth': closed\n" +
      "  - database 'battles': closed\n" +
      "Run `pulumi up`, or this service with its databases only:\n" +
      "  pulumi up --target '**::p-bff-*' --target '**::p-auth-*' --target '**::p-open-*' --target '**::p-battles-*' --target '**-image'",
  );
});

test("nothing is refused when every gate is open", () => {
  expect(() => refuseClosed("p-web", [])).not.toThrow();
});
