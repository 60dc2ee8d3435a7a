import { expect, test } from "vitest";
import { describeRun } from "./migration-run.ts";

const FACTS = { database: "auth", phase: "expand", version: "013_email" } as const;

test("a Job that is done says when, and how long it took", () => {
  expect(
    describeRun(FACTS, "shop-auth-migration-job-1a2b3c4d", {
      succeeded: 1,
      startTime: "2026-11-21T10:00:00Z",
      completionTime: "2026-11-21T10:00:07Z",
    }),
  ).toEqual({
    ...FACTS,
    outcome: "done",
    pending: 0,
    job: "shop-auth-migration-job-1a2b3c4d",
    started: "2026-11-21T10:00:00Z",
    completed: "2026-11-21T10:00:07Z",
    seconds: 7,
  });
});

test.each([
  ["failed", { failed: 1, startTime: "2026-11-21T10:00:00Z" }],
  ["running", { active: 1, startTime: "2026-11-21T10:00:00Z" }],
] as const)("one that is %s does not say what is pending", (outcome, status) => {
  expect(describeRun(FACTS, "job", status)).toMatchObject({
    outcome,
    pending: null,
    started: "2026-11-21T10:00:00Z",
    completed: null,
    seconds: null,
  });
});

test("one that was left out of the update is unknown", () => {
  expect(describeRun(FACTS, undefined, undefined)).toEqual({
    ...FACTS,
    outcome: "unknown",
    pending: null,
    job: null,
    started: null,
    completed: null,
    seconds: null,
  });
});
