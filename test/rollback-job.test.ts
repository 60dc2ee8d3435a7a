import { describe, expect, test } from "vitest";
import { testDatabase } from "../local/test-spec.ts";
import type { DatabaseSpec } from "../config/spec.ts";
import { buildManualRuns } from "../components/manual-runs.ts";
import type { MigrationJobArgs } from "../components/database-job.ts";
import { buildMigrationJob } from "../components/migration-job.ts";
import { buildRollbackJob, rollbackDigest } from "../components/rollback-job.ts";

interface Job {
  readonly activeDeadlineSeconds: number;
  readonly backoffLimit: number;
  readonly template: {
    readonly spec: {
      readonly nodeSelector?: object;
      readonly initContainers: readonly Container[];
      readonly containers: readonly Container[];
    };
  };
}

interface Container {
  readonly name: string;
  readonly args: readonly string[];
  readonly env: readonly object[];
}

const database: DatabaseSpec = testDatabase("auth", {
  podRetries: 2,
  statementTimeoutSeconds: 90,
  pod: { scheduling: { nodeSelector: { disk: "fast" } } },
  backup: { kind: "volume", image: "postgres:17", keep: 3, volume: { claim: "dumps" } },
});

const ROLLBACK = {
  database: "auth",
  to: "001_accounts",
  allowDataLoss: false,
  delaySeconds: 20,
  scaleDown: false,
};

const args: MigrationJobArgs = {
  database,
  phase: "expand",
  image: "registry/migrator@sha256:1",
  server: { host: "postgres.ns.svc", port: 5432, tls: { mode: "disable" } },
  secret: "auth-migrator",
  files: { name: "auth-migrations-abc", digest: "abc" },
  serviceAccount: "auth-migration",
  labels: { "tidegate.dev/database": "auth" },
  notifyEnv: [{ name: "NOTIFY_ON", value: "failure" }],
};

function jobOf(spec: unknown): { readonly job: Job; readonly names: readonly string[] } {
  const job = spec as Job;
  const { initContainers, containers } = job.template.spec;
  return { job, names: [...initContainers, ...containers].map(({ name }) => name) };
}

function manualOf(of: MigrationJobArgs, suffix: string): ReturnType<typeof jobOf> {
  const found = buildManualRuns(of).find((run) => run.suffix === suffix);
  return jobOf((found?.spec as { jobTemplate?: { spec?: object } } | undefined)?.jobTemplate?.spec);
}

describe("a rollback's Job", () => {
  const digest = rollbackDigest(args, ROLLBACK);
  const { job, names } = jobOf(
    buildRollbackJob(args, { rollback: ROLLBACK, digest, dryRun: false }),
  );

  test("has the bounds of the database, longer by the delay", () => {
    const { deadlineSeconds } = database;
    expect(job.activeDeadlineSeconds).toBe(deadlineSeconds + 20);
    expect(job.template.spec.containers[0]?.args).toEqual([
      ..."down --to 001_accounts --delay 20 --expect-owner --verdict /verdict/pre-flight.json".split(
        " ",
      ),
      "--lock-wait",
      String(database.lockWaitSeconds),
      ..."--statement-timeout 90 --idle-in-transaction-timeout".split(" "),
      String(database.idleInTransactionSeconds),
      "--deadline",
      String(deadlineSeconds + 20 - 30),
    ]);
  });

  test("has the pod's settings and retries, takes no backup and tells nobody of a migration", () => {
    expect(names).toEqual(["pre-flight-check", "rollback"]);
    expect(job.backoffLimit).toBe(2);
    expect(job.template.spec.nodeSelector).toEqual({ disk: "fast" });
    expect(JSON.stringify(job)).not.toContain("NOTIFY_ON");
    expect(JSON.stringify(job)).not.toContain("--backup");
  });
});

describe("runs by hand", () => {
  test("save the database before they migrate, as its Job does; a look does not", () => {
    expect(manualOf(args, "migrate").names).toEqual(["pre-flight-check", "backup", "migrate"]);
    expect(manualOf(args, "status").names).toEqual(["pre-flight-check", "status"]);
    expect(manualOf(args, "migrate").job.template).toMatchObject({
      spec: (buildMigrationJob(args, "x") as unknown as Job).template.spec,
    });
  });
});

test("of a database that is migrated by hand nothing is pending while its rollback stands", () => {
  const pinned = { ...database, pinned: { keeps: ["001_accounts"] } };
  const by = { ...args, byHand: "do it" };
  const main = (of: MigrationJobArgs) =>
    jobOf(buildMigrationJob(of, "x")).job.template.spec.containers[0]?.args;
  expect(main(by)?.[0]).toBe("status");
  expect(main({ ...by, database: pinned })).toEqual(["wait", "--expect-owner"]);
  expect(
    main({ ...args, database: pinned })
      ?.slice(0, 5)
      .join(" "),
  ).toBe("up --phase expand --to 001_accounts");
});
