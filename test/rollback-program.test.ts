import { describe, expect, test } from "vitest";
import { Platform } from "../components/platform.ts";
import { buildSchema } from "../components/migration-schema.ts";
import { afterFailure } from "../components/rollback-job.ts";
import { explainAbsent } from "../components/scale-down.ts";
import { parsePlatform } from "../config/parse.ts";
import type { DatabaseSpec, PlatformSpec } from "../config/spec.ts";
import { changed, CONTEXT } from "../config/test-platform.ts";
import type { Tree } from "../config/tree.ts";
import { podOf, violations } from "./pod-security.ts";
import {
  type Recorded,
  type Recording,
  type RecordOptions,
  recordProgram,
} from "./record-program.ts";

const JOB = "kubernetes:batch/v1:Job";
const DEPLOYMENT = "kubernetes:apps/v1:Deployment";
const PATCH = "kubernetes:apps/v1:DeploymentPatch";
const CRON_JOB = "kubernetes:batch/v1:CronJob";

function specOf(change: Tree): PlatformSpec {
  // A server in the cluster: this machine does not look for it.
  const value = changed({ server: { kind: "cluster" }, ...change });
  const parsed = parsePlatform([{ source: "Pulumi.dev.yaml", value }], CONTEXT);
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.spec;
}

const recordings = new Map<string, Promise<Recording>>();

/** The program of {@link specOf}, in which `api` uses `auth` and `web` waits for it; recorded once. */
async function record(change: Tree, options: RecordOptions = {}): Promise<Recording> {
  const key = JSON.stringify([change, options]);
  const spec = specOf(change);
  const recording =
    recordings.get(key) ??
    recordProgram(() => {
      new Platform(spec.name, { spec, secrets: {} });
    }, options);
  recordings.set(key, recording);
  return await recording;
}

function commandOf(resource: Recorded): readonly string[] {
  const container = podOf(resource)?.containers[0] as { args?: readonly string[] } | undefined;
  return container?.args ?? [];
}

function names(recording: Recording, part: string): readonly string[] {
  return recording.resources
    .filter(({ name }) => name.includes(part))
    .map(({ name }) => name)
    .toSorted();
}

const TO = { rollback: { database: "auth", to: "001_accounts" } };
const LAST = { rollback: { database: "auth", to: "last-batch", allowDataLoss: true } };

describe("a rollback", { timeout: 30_000 }, () => {
  test("is no part of a stack that asks for none", async () => {
    expect(names(await record({}), "rollback")).toEqual([]);
  });

  test("comes after the rollout of the services of its database, which do not wait for it", async () => {
    const recording = await record(TO);
    const job = recording.find(JOB, "tidegate-auth-rollback-job");
    const api = recording.find(DEPLOYMENT, "tidegate-api-deployment");
    const web = recording.find(DEPLOYMENT, "tidegate-web-deployment");
    expect(job.dependencies).toContain(api.urn);
    expect(job.dependencies).toContain(recording.find(JOB, "tidegate-auth-migration-job").urn);
    expect(job.dependencies, "only waits for the gate").not.toContain(web.urn);
    expect(api.dependencies).not.toContain(job.urn);
    expect(names(recording, "rollback")).toEqual([
      "tidegate-auth-rollback",
      "tidegate-auth-rollback-job",
    ]);
    expect(recording.resources.filter(({ type }) => type === PATCH)).toEqual([]);
  });

  test("undoes what is newer than the version, after ten seconds, and loses nothing unasked", async () => {
    const recording = await record(TO);
    const job = recording.find(JOB, "tidegate-auth-rollback-job");
    expect(commandOf(job)).toEqual(
      "down --to 001_accounts --delay 10 --expect-owner --verdict /verdict/pre-flight.json --lock-wait 240 --idle-in-transaction-timeout 300 --deadline 580".split(
        " ",
      ),
    );
    expect(job.inputs).toMatchObject({ spec: { activeDeadlineSeconds: 610 } });
    expect(job.replaceOnChanges).toContain("#initerror");
    expect(violations(podOf(job)!)).toEqual([]);
  });

  test("of the last batch carries the name of its order, which lives as long as the key", async () => {
    const recording = await record(LAST);
    const job = recording.find(JOB, "tidegate-auth-rollback-job");
    expect(commandOf(job).slice(0, 7)).toEqual([
      "down",
      "--last-batch",
      "--order",
      "$(ROLLBACK_ORDER)",
      "--allow-data-loss",
      "--delay",
      "10",
    ]);
    expect(JSON.stringify(podOf(job))).toContain('{"name":"ROLLBACK_ORDER","value":"0a1b2c3d"}');
    expect(
      recording.find("random:index/randomId:RandomId", "tidegate-auth-rollback-order"),
    ).toBeDefined();
  });

  test("with scaleDown looks first, takes its services down, goes back, and holds them until then", async () => {
    const recording = await record({ rollback: { ...TO.rollback, scaleDown: true } });
    const check = recording.find(JOB, "tidegate-auth-rollback-check");
    const job = recording.find(JOB, "tidegate-auth-rollback-job");
    const patches = recording.resources.filter(({ type }) => type === PATCH);
    expect(patches.map(({ inputs, ignoreChanges }) => ({ inputs, ignoreChanges }))).toMatchObject([
      {
        inputs: {
          metadata: { name: "api", annotations: { "pulumi.com/patchForce": "true" } },
          spec: { replicas: 0 },
        },
        ignoreChanges: ["spec", "metadata"],
      },
    ]);
    expect(commandOf(check)).toContain("--dry-run");
    expect(patches[0]?.dependencies).toContain(check.urn);
    expect(job.dependencies).toContain(patches[0]?.urn);
    const api = recording.find(DEPLOYMENT, "tidegate-api-deployment");
    expect(api.dependencies).toContain(job.urn);
    expect(api.inputs["metadata"]).toMatchObject({
      annotations: {
        "pulumi.com/patchForce": "true",
        "tidegate.dev/raised-after": expect.stringMatching(/^[0-9a-f]{8}$/) as unknown,
      },
    });
    const web = recording.find(DEPLOYMENT, "tidegate-web-deployment");
    expect(web.inputs["metadata"]).not.toHaveProperty("annotations");
  });

  test("with scaleDown that failed refuses its services by the hook too", async () => {
    const { hooks } = await record(
      { rollback: { ...TO.rollback, scaleDown: true } },
      { jobStatus: { "auth-rollback-job": { failed: 1 } } },
    );
    expect(() => hooks.get("tidegate-api-gate")?.()).toThrow(
      "Job 'tidegate-auth-rollback-job-00000000' has failed; see: kubectl logs --namespace dev -l tidegate.dev/run=rollback,tidegate.dev/database=auth",
    );
    expect(() => hooks.get("tidegate-web-gate")?.()).not.toThrow();
  });

  test.each([
    [
      { scaleDown: false },
      false,
      "Its services run on the images that the stack names.",
      "to give it up, remove tidegate:rollback and run `pulumi up`.",
    ],
    [
      { scaleDown: true },
      true,
      "Its services were not touched.",
      "to give it up, remove tidegate:rollback and run `pulumi up`.",
    ],
    [
      { scaleDown: true },
      false,
      "Its services are at 0 replicas.",
      "run `pulumi up`, then `pulumi up --refresh` for all replicas.",
    ],
  ])("that failed says where the services are: %o, a look %s", (more, dryRun, where, giveUp) => {
    const rollback = { database: "auth", to: "0", allowDataLoss: false, delaySeconds: 0, ...more };
    const text = afterFailure(rollback, dryRun);
    expect(text).toContain(`the rollback of database 'auth' did not complete. ${where}`);
    expect(text).toContain(giveUp);
  });
});

describe("while a rollback stands", { timeout: 30_000 }, () => {
  const database = (change: Tree): DatabaseSpec => specOf(change).databases[0]!;

  test("the migration goes to the target at most, and its services wait for no more", async () => {
    const recording = await record(TO);
    const job = recording.find(JOB, "tidegate-auth-migration-job");
    expect(commandOf(job).slice(0, 5)).toEqual(["up", "--phase", "expand", "--to", "001_accounts"]);
    expect(buildSchema(database(TO), "m").migrations).toEqual(["001_accounts"]);
    expect(buildSchema(database(TO), "m")).not.toHaveProperty("upTo");
  });

  test.each([
    ["the last batch", "last-batch", { upTo: "applied" }],
    ["everything", "0", { migrations: [] }],
  ])("of %s the migration runs nothing", async (_, to, schema) => {
    const change = { rollback: { database: "auth", to } };
    const recording = await record(change);
    const job = recording.find(JOB, "tidegate-auth-migration-job");
    expect(commandOf(job)).toEqual(["wait", "--expect-owner"]);
    const manual = recording.find(CRON_JOB, "tidegate-auth-manual-migrate");
    expect(commandOf(manual)).toEqual(["wait", "--expect-owner"]);
    expect(buildSchema(database(change), "m")).toMatchObject(schema);
  });

  test("no other database is touched", async () => {
    const [recording, plain] = [await record(TO), await record({})];
    const of = (from: Recording): unknown =>
      from.find(JOB, "tidegate-battles-migration-job").inputs;
    expect(of(recording)).toEqual(of(plain));
  });
});

describe("maintenance", { timeout: 30_000 }, () => {
  const change = { databases: { auth: { maintenance: true } } };

  test("takes the services of the database down before its Job, and holds them until it is done", async () => {
    const recording = await record(change);
    const job = recording.find(JOB, "tidegate-auth-migration-job");
    const [patch, ...more] = recording.resources.filter(({ type }) => type === PATCH);
    expect(more).toEqual([]);
    expect(patch?.name).toMatch(/^tidegate-auth-migration-maintenance-api-[0-9a-f]{8}$/);
    expect(job.dependencies).toContain(patch?.urn);
    const api = recording.find(DEPLOYMENT, "tidegate-api-deployment");
    expect(api.dependencies).toContain(job.urn);
    expect(job.hooks.onError).toEqual([
      "tidegate-auth-migration-job-silence",
      "tidegate-auth-migration-job-lowered",
    ]);
  });

  test("is not taken back where the whole stack is destroyed, and the Deployment is gone before it", async () => {
    const recording = await record(change);
    const [patch] = recording.resources.filter(({ type }) => type === PATCH);
    const provider = recording.resources.find(({ type }) => type === "pulumi:providers:kubernetes");
    expect(provider?.urn).toBeDefined();
    expect(patch?.deletedWith).toBe(provider?.urn);
  });

  test("is another patch for another Job only, and no reason to run the Job again", async () => {
    const patchOf = async (more: Tree): Promise<string | undefined> =>
      (await record(more)).resources.find(({ type }) => type === PATCH)?.name;
    const digestOf = async (more: Tree): Promise<unknown> =>
      (await record(more)).find(JOB, "tidegate-auth-migration-job").inputs["spec"];
    const image = { services: { api: { replicas: 5 } } };
    expect(await patchOf({ ...change, ...image })).toBe(await patchOf(change));
    expect(await patchOf({ databases: { auth: { maintenance: true, run: 1 } } })).not.toBe(
      await patchOf(change),
    );
    expect(await digestOf(change)).toEqual(await digestOf({}));
  });

  test("a service that is not there yet is named, with what to do", () => {
    expect(explainAbsent('deployments.apps "api" not found', "api")).toContain(
      "service 'api' is not deployed yet",
    );
    expect(explainAbsent("forbidden", "api")).toBeUndefined();
  });
});

describe("runs by hand", { timeout: 30_000 }, () => {
  test("are two suspended CronJobs a database, on no day of the year, with the Job's own pod", async () => {
    const recording = await record({});
    const migrate = recording.find(CRON_JOB, "tidegate-auth-manual-migrate");
    const status = recording.find(CRON_JOB, "tidegate-auth-manual-status");
    expect(migrate.inputs).toMatchObject({
      metadata: { name: "auth-migrate-manual" },
      spec: { suspend: true, schedule: "0 0 31 2 *" },
    });
    expect(status.inputs).toMatchObject({
      metadata: { name: "auth-status" },
      spec: { suspend: true, jobTemplate: { spec: { ttlSecondsAfterFinished: 86_400 } } },
    });
    const job = recording.find(JOB, "tidegate-auth-migration-job");
    expect(podOf(migrate)).toEqual(podOf(job));
    expect(commandOf(status)).toEqual(["status"]);
    for (const resource of [migrate, status]) expect(violations(podOf(resource)!)).toEqual([]);
  });

  test("wait for the files and the login, not for the Job: they help when it has failed", async () => {
    const recording = await record({});
    const migrate = recording.find(CRON_JOB, "tidegate-auth-manual-migrate");
    const job = recording.find(JOB, "tidegate-auth-migration-job");
    expect(migrate.dependencies).not.toContain(job.urn);
    expect(migrate.dependencies).toContain(
      recording.find("kubernetes:core/v1:ConfigMap", "tidegate-auth-migration-files").urn,
    );
  });

  test("can be switched off", async () => {
    const recording = await record({ databases: { auth: { manualRuns: false } } });
    expect(names(recording, "-manual")).toEqual([
      "tidegate-battles-manual",
      "tidegate-battles-manual-migrate",
      "tidegate-battles-manual-status",
    ]);
  });
});
