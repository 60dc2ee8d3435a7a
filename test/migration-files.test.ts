import { beforeAll, describe, expect, test } from "vitest";
import { Platform } from "../components/platform.ts";
import type { PlatformSpec } from "../config/spec.ts";
import { everyStrategy } from "./every-strategy.ts";
import { podOf } from "./pod-security.ts";
import {
  type Recorded,
  type Recording,
  recordProgram,
  type RecordOptions,
} from "./record-program.ts";

const DIGEST = "tidegate.dev/digest";

/** What mounts the migrations of each database, by hand. */
const MOUNTS: Readonly<Record<string, readonly string[]>> = {
  "by-job-migration": ["by-job-manual-migrate", "by-job-manual-status", "by-job-migration-job"],
  "by-job-contract": ["by-job-contract-job"],
  "by-hand-migration": ["by-hand-manual-migrate", "by-hand-manual-status", "by-hand-migration-job"],
  "by-pod-migration": ["pods-deployment"],
  "by-pod-contract": ["by-pod-contract-job"],
  "by-program-migration": ["programs-deployment"],
};

let spec: PlatformSpec;
/** The program as it is first made, and where Pulumi has made other names. */
let first: Recording;
let renamed: Recording;

const record = (options?: RecordOptions, changed: PlatformSpec = spec): Promise<Recording> =>
  recordProgram(() => void new Platform(changed.name, { spec: changed, secrets: {} }), options);

beforeAll(async () => {
  spec = await everyStrategy();
  first = await record();
  renamed = await record({ suffix: "1a2b3c4d" });
});

describe("the migrations of a release", () => {
  test("are immutable, and their name is Pulumi's: one that waits for its deletion is in nobody's way", () => {
    const files = filesOf(first.resources);
    expect(files.map(({ name }) => part(name)).toSorted()).toEqual(Object.keys(MOUNTS).toSorted());
    for (const { name, inputs, deleteBeforeReplace } of files) {
      expect(inputs["immutable"], name).toBe(true);
      expect(Object.keys(inputs["metadata"] as object).toSorted(), name).toEqual([
        "annotations",
        "labels",
        "namespace",
      ]);
      expect(deleteBeforeReplace, `${name}: old pods and CronJobs still mount it`).toBe(false);
    }
  });

  test.each(Object.entries(MOUNTS))("%s are mounted, by that name, by %s", (name, mounts) => {
    const { resources } = renamed;
    const files = resources.find((each) => each.name === `tidegate-${name}-files`);
    const mounting = resources.filter((each) =>
      JSON.stringify(podOf(each)?.volumes ?? []).includes(`"tidegate-${name}-files-1a2b3c4d"`),
    );
    expect(mounting.map((each) => each.name.replace("tidegate-", "")).toSorted()).toEqual(mounts);
    for (const each of mounting) expect(each.dependencies, each.name).toContain(files?.urn);
  });

  test("under another name are no other Job: a digest knows the content only", () => {
    const before = digestsOf(first);
    expect(before.length).toBeGreaterThan(4);
    expect(digestsOf(renamed)).toEqual(before);
  });

  test("with another content are another Job, and another digest on the ConfigMap", async () => {
    const after = await record({}, withFile("by_job", "select 1;\n"));
    const job = "tidegate-by-job-migration-job";
    expect(digestOf(after, job)).not.toBe(digestOf(first, job));
    expect(made(after, "tidegate-by-job-migration-files")).not.toBe(
      made(first, "tidegate-by-job-migration-files"),
    );
    const other = "tidegate-by-hand-migration-job";
    expect(digestOf(after, other)).toBe(digestOf(first, other));
  });

  test("that were left out of an update are mounted by nothing new, be it a Job, a CronJob or a Deployment", async () => {
    const { resources, hooks } = await record({ leftOut: ["-files"] });
    for (const name of new Set(Object.values(MOUNTS).flat())) {
      const resource = resources.find((each) => each.name === `tidegate-${name}`);
      const { beforeCreate = [], beforeUpdate = [] } = resource?.hooks ?? {};
      expect(beforeUpdate, name).toEqual(beforeCreate);
      const refusals = beforeCreate.map((hook) => () => hooks.get(hook)?.());
      expect(refusals.length, name).toBeGreaterThan(0);
      for (const refuse of refusals) {
        expect(refuse, name).toThrow(
          /^.*database 'by_[a-z]+': the migrations that its pods are to apply were left out of this update/s,
        );
      }
    }
    expect(() => hooks.get("tidegate-by-job-migration-files-made")?.()).toThrow(
      "database 'by_job': the migrations that its pods are to apply were left out of this update.\n" +
        "Run `pulumi up`, or take them in as well:\n" +
        "  pulumi up --target '**::tidegate-by-job-*'",
    );
    // Who only reads waits for the rollout of those pods.
    expect(() => hooks.get("tidegate-watcher-gate")?.()).toThrow("were left out of this update");
  });

  test("that are there are refused to nobody", () => {
    const { hooks } = renamed;
    const own = [...hooks].filter(([name]) => name.endsWith("-files-made"));
    expect(own.length).toBe(Object.keys(MOUNTS).length);
    for (const [name, hook] of hooks) expect(hook, name).not.toThrow();
  });
});

/** The platform with one more file of a database. */
function withFile(database: string, text: string): PlatformSpec {
  return {
    ...spec,
    databases: spec.databases.map((each) =>
      each.name === database
        ? {
            ...each,
            delivery: { ...each.delivery, files: { ...each.delivery.files, "009_more.sql": text } },
          }
        : each,
    ),
  };
}

function filesOf(resources: readonly Recorded[]): readonly Recorded[] {
  return resources.filter(
    ({ type, name }) => type === "kubernetes:core/v1:ConfigMap" && name.endsWith("-files"),
  );
}

function part(name: string): string {
  return name.replace("tidegate-", "").replace("-files", "");
}

/** Digests of all pods, and of all that is mounted. */
function digestsOf({ resources }: Recording): readonly string[] {
  return resources.flatMap(({ name, inputs }) =>
    [...JSON.stringify(inputs).matchAll(/"tidegate\.dev\/digest":"([^"]*)"/g)].map(
      ([, digest]) => `${name} ${digest}`,
    ),
  );
}

function digestOf({ find }: Recording, job: string): unknown {
  const { spec: inputs } = find("kubernetes:batch/v1:Job", job).inputs as {
    spec: { template: { metadata: { annotations: Record<string, string> } } };
  };
  return inputs.template.metadata.annotations[DIGEST];
}

function made({ find }: Recording, configMap: string): unknown {
  const { metadata } = find("kubernetes:core/v1:ConfigMap", configMap).inputs as {
    metadata: { annotations: Record<string, string> };
  };
  return metadata.annotations[DIGEST];
}
