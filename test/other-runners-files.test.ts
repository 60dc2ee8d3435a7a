import { describe, expect, test } from "vitest";
import { recordOtherRunners } from "./other-runners-platform.ts";
import { podOf } from "./pod-security.ts";

const DEPLOYMENT = "kubernetes:apps/v1:Deployment";
const JOB = "kubernetes:batch/v1:Job";
const CONFIG_MAP = "kubernetes:core/v1:ConfigMap";
const CRON_JOB = "kubernetes:batch/v1:CronJob";

describe("the files of a database of another tool", () => {
  test("and what must arrive are mounted by its Jobs and its rollback, by the name that Pulumi gave", async () => {
    const recording = await recordOtherRunners();
    const renamed = await recordOtherRunners({}, { suffix: "1a2b3c4d" });
    const files = renamed.find(CONFIG_MAP, "tidegate-known-migration-files");
    expect(files.inputs["metadata"]).not.toHaveProperty("name");
    expect(Object.keys(files.inputs["data"] as object)).toEqual(["1_a.js", "schema.json"]);
    expect([files.inputs["immutable"], files.deleteBeforeReplace]).toEqual([true, false]);
    const mounting = renamed.resources.filter((resource) =>
      JSON.stringify(podOf(resource)?.volumes ?? []).includes(`"${files.name}-1a2b3c4d"`),
    );
    expect(mounting.map(({ name }) => name).toSorted()).toEqual([
      "tidegate-known-migration-end",
      "tidegate-known-migration-job",
      "tidegate-known-migration-rollback",
    ]);
    for (const { name, hooks, inputs } of mounting) {
      expect(hooks.beforeCreate, name).toEqual(["tidegate-known-migration-files-made"]);
      expect(hooks.beforeUpdate, name).toEqual(["tidegate-known-migration-files-made"]);
      expect(digestIn(inputs), name).toBeDefined();
      // The name alone runs no Job again.
      const same = recording.resources.find((resource) => resource.name === name);
      expect(digestIn(inputs), name).toBe(digestIn(same?.inputs));
    }
    const made = renamed.resources.filter(({ name }) => name.endsWith("-files"));
    expect(made.map(({ name }) => name).toSorted()).toEqual([
      "tidegate-auth-migration-files",
      "tidegate-battles-migration-files",
      files.name,
    ]);
  });

  test("that were left out of an update are mounted by none of them", async () => {
    const { hooks } = await recordOtherRunners({}, { leftOut: ["known-migration-files"] });
    expect(() => hooks.get("tidegate-known-migration-files-made")?.()).toThrow(
      "database 'known': the migrations that its pods are to apply were left out of this update.",
    );
    expect(() => hooks.get("tidegate-auth-migration-files-made")?.()).not.toThrow();
  });

  test("are where the Jobs are, in a namespace of their own; what services' pods mount is beside these", async () => {
    const { find } = await recordOtherRunners({ migrationNamespace: "ops" });
    const namespaceOf = (type: string, name: string): unknown =>
      (find(type, `tidegate-known-migration-${name}`).inputs["metadata"] as { namespace: unknown })
        .namespace;
    const schema = find(CONFIG_MAP, "tidegate-known-migration-schema");
    expect(schema.inputs["metadata"]).toMatchObject({
      name: "known-schema",
      namespace: "dev",
    });
    expect(JSON.parse((schema.inputs["data"] as Record<string, string>)["schema.json"]!)).toEqual({
      format: 2,
      database: "known",
      command: "pulumi up --replace '**::tidegate-known-migration-job'",
      migrations: ["1_a"],
      history: { tool: "knex" },
    });
    for (const [type, name] of [
      [CONFIG_MAP, "files"],
      [JOB, "job"],
      [JOB, "end"],
      [CRON_JOB, "rollback"],
    ] as const) {
      expect(namespaceOf(type, name), name).toBe("ops");
    }
    const deployment = find(DEPLOYMENT, "tidegate-everything-deployment");
    expect(deployment.inputs["metadata"]).toMatchObject({ namespace: "dev" });
    expect(podOf(deployment)?.volumes).toContainEqual({
      name: "known-schema",
      configMap: { name: "known-schema" },
    });
  });
});

/** The digest of what a Job, or a CronJob's Job, is made of. */
function digestIn(inputs: unknown): string | undefined {
  return /"tidegate\.dev\/digest":"([0-9a-f]{8})"/.exec(JSON.stringify(inputs))?.[1];
}
