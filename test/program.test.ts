import { beforeAll, describe, expect, test } from "vitest";
import { Platform } from "../components/platform.ts";
import { loadPlatformFile } from "../config/load-file.ts";
import type { PlatformSpec } from "../config/spec.ts";
import * as pulumi from "@pulumi/pulumi";
import { podOf, violations } from "./pod-security.ts";
import { PLAIN_PASSWORD, type Recorded, type Recording, recordProgram } from "./record-program.ts";

const DEPLOYMENT = "kubernetes:apps/v1:Deployment";
const JOB = "kubernetes:batch/v1:Job";

/** Which databases hold which service, written down here so that no change of the program changes it. */
const HELD_BY: Readonly<Record<string, readonly string[]>> = {
  authentication: ["battlescope-auth"],
  ingestion: ["battlescope-ingestion"],
  enrichment: ["battlescope-enrichment"],
  battle: ["battlescope-battles"],
  notification: ["battlescope-notification"],
  search: ["battlescope-battles"],
  bff: ["battlescope-auth", "battlescope-battles"],
  frontend: ["battlescope-auth", "battlescope-battles"],
};

/**
 * The plan as a tree of names and types, for review in a diff. Digests are masked: they change with
 * every migration and every line of the service.
 */
function describePlan({ resources }: Recording): string {
  const lines = (parent: string, indent: string): string[] =>
    resources
      .filter((resource) => resource.parent === parent)
      .toSorted((a, b) => (a.urn < b.urn ? -1 : 1))
      .flatMap((resource) => [
        `${indent}${resource.name.replace(/-[0-9a-f]{8,10}$/, "-<digest>")} ${resource.type}${
          resource.protect ? " protected" : ""
        }`,
        ...lines(resource.urn, `${indent}  `),
      ]);
  return `${lines("", "").join("\n")}\n`;
}

/** A stack's whole program, as index.ts runs it. */
function program(spec: PlatformSpec): void {
  new Platform(spec.name, {
    spec,
    secrets: {},
    ...(spec.server.kind === "external" && {
      adminPassword: pulumi.secret(`${PLAIN_PASSWORD}admin`),
    }),
  });
}

describe.each(["dev", "prod"])("the stack %s", (stack) => {
  let spec: PlatformSpec;
  let recording: Recording;
  let resources: readonly Recorded[];

  beforeAll(async () => {
    spec = await loadPlatformFile(stack);
    recording = await recordProgram(() => program(spec));
    ({ resources } = recording);
  });

  test("deploys the eight services and nothing else", () => {
    expect(
      resources
        .filter(({ type }) => type === DEPLOYMENT)
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(
      Object.keys(HELD_BY)
        .map((service) => `tidegate-${service}-deployment`)
        .toSorted(),
    );
  });

  test.each(Object.entries(HELD_BY))(
    "%s depends, on its Deployment itself, on the Job of every database that it uses or waits for",
    (service, databases) => {
      const deployment = recording.find(DEPLOYMENT, `tidegate-${service}-deployment`);
      const jobs = resources
        .filter(({ type, urn }) => type === JOB && deployment.dependencies.includes(urn))
        .filter(({ name }) => name.endsWith("-migration-job"))
        .map(({ name }) => name.replace(/^tidegate-(.+)-migration-job$/, "$1"));
      expect(jobs.toSorted(), `Jobs that '${service}' waits for`).toEqual(databases);
    },
  );

  test.each(Object.keys(HELD_BY))("%s has the hook on its creation and its update", (service) => {
    const deployment = recording.find(DEPLOYMENT, `tidegate-${service}-deployment`);
    const hook = `tidegate-${service}-gate`;
    expect(deployment.hooks).toEqual({ beforeCreate: [hook], beforeUpdate: [hook], onError: [] });
    expect(recording.hooks.has(hook)).toBe(true);
  });

  test("every resource has a component for a parent, and a name that starts with its parent's", () => {
    const roots = resources.filter(({ parent }) => parent === "");
    expect(roots.map(({ name, type }) => `${type} ${name}`)).toEqual([
      "tidegate:components:Platform tidegate",
    ]);
    for (const resource of resources.filter(({ parent }) => parent !== "")) {
      const parent = resources.find(({ urn }) => urn === resource.parent);
      expect(parent?.custom, `parent of ${resource.name}`).toBe(false);
      expect(
        resource.name.startsWith(parent?.name ?? "?"),
        `${resource.name} in ${parent?.name}`,
      ).toBe(true);
    }
  });

  test("makes exactly the resources of its golden plan", async () => {
    await expect(describePlan(recording)).toMatchFileSnapshot(`golden/${stack}.txt`);
  });

  test("no password stands in any input in the clear", () => {
    const leaks = resources.filter(({ inputs }) => JSON.stringify(inputs).includes(PLAIN_PASSWORD));
    expect(leaks.map(({ name }) => name)).toEqual([]);
    // The check can fail: the passwords are there, behind their marks.
    expect(
      resources.some(({ type }) => type === "random:index/randomPassword:RandomPassword"),
    ).toBe(true);
  });

  test("every pod passes the rules of Pod Security restricted", () => {
    const pods = resources.flatMap((resource) => {
      const pod = podOf(resource);
      return pod === undefined ? [] : [{ name: resource.name, found: violations(pod) }];
    });
    expect(pods.length).toBeGreaterThanOrEqual(8 + 5);
    expect(pods.filter(({ found }) => found.length > 0)).toEqual([]);
  });

  test("every migration Job is bounded, replaced after a failure, and free of what the provider can't see", () => {
    const jobs = resources.filter(({ type }) => type === JOB);
    expect(jobs.length).toBeGreaterThanOrEqual(5);
    for (const { name, inputs, replaceOnChanges } of jobs) {
      const job = inputs["spec"] as Record<string, unknown>;
      expect(job["activeDeadlineSeconds"], name).toBeGreaterThan(0);
      expect(JSON.stringify(job["podFailurePolicy"]), name).not.toContain("FailJob");
      expect(job, name).not.toHaveProperty("ttlSecondsAfterFinished");
      expect(replaceOnChanges, name).toContain("#initerror");
      const annotations = (inputs["metadata"] as { annotations?: object }).annotations ?? {};
      expect(Object.keys(annotations), name).toEqual([]);
    }
  });

  test("every migration Job has the hook that explains a deadline without a word of the runner", () => {
    const jobs = resources.filter(
      ({ type, name }) => type === JOB && name.endsWith("-migration-job"),
    );
    expect(jobs.length).toBe(5);
    for (const { name, hooks } of jobs) expect(hooks.onError, name).toEqual([`${name}-silence`]);
  });

  test("migrations that are taken back after a failure meet no ConfigMap of their name", () => {
    const immutable = resources.filter(({ inputs }) => inputs["immutable"] === true);
    expect(immutable.length).toBe(spec.databases.length);
    expect(immutable.filter(({ inputs }) => "name" in (inputs["metadata"] as object))).toEqual([]);
    // What mounts the one before may still need it.
    expect(immutable.filter((resource) => resource.deleteBeforeReplace)).toEqual([]);
  });

  test("the names of Jobs leave room for what Pulumi adds, within the 63 of a label", () => {
    for (const { name } of resources.filter(({ type }) => type === JOB)) {
      expect(name.length, name).toBeLessThanOrEqual(63 - "-01234567".length);
    }
  });

  test("the admin's Secret reaches bootstrap Jobs only, a migrator's its own migration only", () => {
    for (const resource of resources) {
      const pod = podOf(resource);
      if (pod === undefined) continue;
      const text = JSON.stringify(pod);
      const secrets = [...text.matchAll(/"secretKeyRef":\{[^}]*"name":"([^"]+)"/g)].map(
        (m) => m[1],
      );
      const foreign = secrets.filter((secret) => {
        if (secret === "postgres-admin")
          return !resource.name.endsWith("-bootstrap") && !resource.name.endsWith("-server");
        const migrator = /^(.+)-migrator$/.exec(secret ?? "")?.[1];
        return (
          migrator !== undefined &&
          !["migration", "manual", "rollback"].some((part) =>
            resource.name.startsWith(`tidegate-${migrator}-${part}-`),
          )
        );
      });
      expect(foreign, resource.name).toEqual([]);
    }
  });
});

test("prod makes no docker resource and no docker provider", async () => {
  const spec = await loadPlatformFile("prod");
  const { resources } = await recordProgram(() => program(spec));
  expect(resources.filter(({ type }) => type.includes("docker")).map(({ name }) => name)).toEqual(
    [],
  );
});

test("prod keeps two or more replicas of every service and protects every database", async () => {
  const spec = await loadPlatformFile("prod");
  expect(spec.services.filter(({ replicas }) => replicas < 2)).toEqual([]);
  expect(spec.databases.filter(({ protect }) => !protect)).toEqual([]);
  expect(spec.server.tls.mode).toBe("verify-full");
});

test("the hook refuses a service while the Job of one of its databases has failed, and no other service", async () => {
  const spec = await loadPlatformFile("dev");
  const { hooks } = await recordProgram(() => program(spec), {
    jobStatus: { "battlescope-auth-migration": { failed: 1 } },
  });
  const refused: string[] = [];
  for (const service of Object.keys(HELD_BY)) {
    try {
      await hooks.get(`tidegate-${service}-gate`)?.();
    } catch {
      refused.push(service);
    }
  }
  expect(refused).toEqual(["authentication", "bff", "frontend"]);
});

test("the hook refuses a service whose Job the engine was told to leave out", async () => {
  const spec = await loadPlatformFile("dev");
  const { hooks } = await recordProgram(() => program(spec), {
    jobStatus: { "battlescope-battles-migration": undefined },
  });
  expect(() => hooks.get("tidegate-search-gate")?.()).toThrow(
    /database 'battlescope_battles': Job 'tidegate-battlescope-battles-migration-job-00000000' has not completed; see: kubectl logs/,
  );
});
