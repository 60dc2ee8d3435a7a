import { describe, expect, test } from "vitest";
import { UserError } from "../user-error.ts";
import { readMigrationOptions } from "./options.ts";
import { buildJob, runInCluster } from "./run-in-cluster.ts";

test("create takes a name and the runner's flags", () => {
  const args = "create --database auth --ts --contract add_user_preferences";
  expect(readMigrationOptions(args.split(" "), "/project/")).toEqual({
    command: "create",
    database: "auth",
    stack: "dev",
    project: "/project",
    name: "add_user_preferences",
    flags: ["--ts", "--contract"],
  });
});

test.each([
  [["status"], "npm run migration:status: --database NAME is needed"],
  [["down", "--database", "a"], "a command is needed: create, status, history"],
  [["create", "--database", "a"], "one name is needed, such as add_user_preferences"],
  [["create", "--database", "a", "b", "c"], "one name is needed"],
  [["history", "--database", "a", "b"], "takes no name and no flags of create"],
  [["status", "--database", "a", "--stack", "../x"], '--stack "../x"'],
  [["status", "--nope"], "Unknown option '--nope'"],
])("%o is wrong use", (args, reason) => {
  expect(() => readMigrationOptions(args, "/p")).toThrow(reason);
  expect(() => readMigrationOptions(args, "/p")).toThrow(UserError);
});

describe("a run in the cluster", () => {
  const cronJob = {
    spec: {
      jobTemplate: {
        metadata: { labels: { "tidegate.dev/run": "status" } },
        spec: {
          backoffLimit: 3,
          ttlSecondsAfterFinished: 86_400,
          template: {
            metadata: { labels: { a: "b" } },
            spec: { containers: [{ name: "status", image: "i", args: ["status"] }] },
          },
        },
      },
    },
  } as const;

  test("is the CronJob's own pod with another command, for people, tried once", () => {
    expect(buildJob(cronJob, "auth-status-1", "history")).toEqual({
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name: "auth-status-1", labels: { "tidegate.dev/run": "status" } },
      spec: {
        backoffLimit: 0,
        ttlSecondsAfterFinished: 86_400,
        template: {
          metadata: { labels: { a: "b" } },
          spec: { containers: [{ name: "status", image: "i", args: ["history"], tty: true }] },
        },
      },
    });
  });

  test("without the CronJob says what makes it", async () => {
    await expect(runInCluster(async () => "", "auth-status", "status")).rejects.toThrow(
      "there is no CronJob 'auth-status': run `pulumi up` first, with manualRuns not switched off for the database",
    );
  });
});
