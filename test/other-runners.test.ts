import { beforeAll, describe, expect, test } from "vitest";
import { recordOtherRunners, TOOL_IMAGE } from "./other-runners-platform.ts";
import { podOf, violations } from "./pod-security.ts";
import type { Recording } from "./record-program.ts";

const DEPLOYMENT = "kubernetes:apps/v1:Deployment";
const JOB = "kubernetes:batch/v1:Job";
const CONFIG_MAP = "kubernetes:core/v1:ConfigMap";
const CRON_JOB = "kubernetes:batch/v1:CronJob";

describe("a platform with databases of other tools", () => {
  let recording: Recording;

  beforeAll(async () => {
    recording = await recordOtherRunners();
  });

  const gatesOf = (name: string): readonly string[] =>
    recording.find(DEPLOYMENT, `tidegate-${name}-deployment`).dependencies.flatMap((urn) => {
      const resource = recording.resources.find((each) => each.urn === urn);
      return resource?.type === JOB ? [resource.name] : [];
    });

  test("every Deployment waits for the last Job of each of its databases, and for its schema where one is read", () => {
    expect(gatesOf("everything").toSorted()).toEqual([
      "tidegate-auth-migration-job",
      "tidegate-blind-migration-job",
      "tidegate-known-migration-end",
      "tidegate-own-migration-job",
    ]);
    const end = recording.find(JOB, "tidegate-known-migration-end");
    const job = recording.find(JOB, "tidegate-known-migration-job");
    const schema = recording.find(CONFIG_MAP, "tidegate-known-migration-schema");
    expect(end.dependencies).toContain(job.urn);
    expect(schema.dependencies).toContain(end.urn);
    expect(recording.find(DEPLOYMENT, "tidegate-everything-deployment").dependencies).toContain(
      schema.urn,
    );
    const schemas = recording.resources.filter(({ name }) => name.endsWith("-schema"));
    expect(schemas.map(({ name }) => name).toSorted()).toEqual([
      "tidegate-auth-migration-schema",
      "tidegate-battles-migration-schema",
      "tidegate-known-migration-schema",
    ]);
  });

  test("a pod reads the history of what is known, asks the tool about its own, and does not look at the rest", () => {
    const pod = podOf(recording.find(DEPLOYMENT, "tidegate-everything-deployment"));
    const gates = (pod?.initContainers ?? []) as readonly {
      readonly name: string;
      readonly image: string;
      readonly args?: readonly string[];
      readonly command?: readonly string[];
      readonly env: readonly object[];
    }[];
    expect(gates.map(({ name }) => name)).toEqual(["schema-gate", "schema-gate-own"]);
    expect(gates[0]?.args?.filter((word) => word.includes("="))).toEqual([
      "AUTH=/etc/tidegate/schema/auth/schema.json",
      "KNOWN=/etc/tidegate/schema/known/schema.json",
    ]);
    expect(gates[1]).toMatchObject({ image: TOOL_IMAGE, command: ["/migrate", "status"] });
    // The service's own login, never the migrator's.
    expect(gates[1]?.env).toContainEqual({
      name: "DATABASE_URL",
      valueFrom: { secretKeyRef: { name: "everything-login", key: "own.url" } },
    });
    const unseen = podOf(recording.find(DEPLOYMENT, "tidegate-unseen-deployment"));
    expect(unseen?.initContainers).toBeUndefined();
  });

  test("the rollback is a CronJob that never starts by itself, after the last good Job", () => {
    const cronJobs = recording.resources.filter(({ type }) => type === CRON_JOB);
    // The built-in runner's can be run by hand, another tool's can't.
    expect(cronJobs.map(({ name }) => name).toSorted()).toEqual([
      "tidegate-auth-manual-migrate",
      "tidegate-auth-manual-status",
      "tidegate-battles-manual-migrate",
      "tidegate-battles-manual-status",
      "tidegate-known-migration-rollback",
    ]);
    const rollback = cronJobs.find(({ name }) => name.endsWith("-rollback"));
    expect(rollback?.inputs["metadata"]).toMatchObject({ name: "known-rollback" });
    expect(rollback?.inputs["spec"]).toMatchObject({ suspend: true, concurrencyPolicy: "Forbid" });
    expect(rollback?.dependencies).toContain(
      recording.find(JOB, "tidegate-known-migration-end").urn,
    );
  });

  test("every pod passes the rules of Pod Security restricted", () => {
    const templates = recording.resources.flatMap((resource) => {
      const pod = podOf(resource);
      return pod === undefined ? [] : [{ name: resource.name, found: violations(pod) }];
    });
    expect(templates.length).toBeGreaterThanOrEqual(5 + 1 + 1 + 4);
    expect(templates.filter(({ found }) => found.length > 0)).toEqual([]);
  });

  test("the migrator's Secret of a database reaches its own pods only", () => {
    let found = 0;
    for (const resource of recording.resources.filter(({ type }) => type !== CONFIG_MAP)) {
      const secrets = [
        ...JSON.stringify(resource.inputs).matchAll(
          /"secretKeyRef":\{[^}]*"name":"(\w+)-migrator"/g,
        ),
      ].map((match) => match[1]);
      found += secrets.length;
      for (const database of secrets) {
        expect(resource.name).toMatch(new RegExp(`^tidegate-${database}-(migration|manual)-`));
      }
    }
    expect(found).toBeGreaterThan(0);
  });
});
