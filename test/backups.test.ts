import { beforeAll, describe, expect, test, vi } from "vitest";
import type { BackupSpec, PlatformSpec } from "../config/spec.ts";
import { JOB, MIGRATION, oneService, record, waits, withChange } from "./one-service.ts";
import { podOf, violations } from "./pod-security.ts";
import type { Recorded } from "./record-program.ts";

// Each test runs a whole program, some several.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let dev: PlatformSpec;

beforeAll(async () => {
  dev = await oneService("dev");
});

describe("a backup before a migration", () => {
  const volume: BackupSpec = {
    kind: "volume",
    image: "postgres:17",
    keep: 7,
    volume: { claim: "battlescope-ingestion-backups", make: { size: "1Gi" } },
  };

  test("stands between the check and the migration, and adds its volume and its restore", async () => {
    const before = await record(dev);
    const { find, resources } = await record(withChange(dev, { database: { backup: volume } }));
    const job = find(JOB, `${MIGRATION}-job`);
    expect(initContainers(job)).toEqual(["pre-flight-check", "backup"]);
    const claim = find("kubernetes:core/v1:PersistentVolumeClaim", `${MIGRATION}-backup-claim`);
    expect(waits(job, claim)).toBe(true);
    const text = JSON.stringify(podOf(job));
    expect(text).toContain('"--backup","/verdict"');
    const added = resources.filter(({ urn }) => !before.resources.some((one) => one.urn === urn));
    expect(added.map(({ name }) => name).toSorted()).toEqual([
      `${MIGRATION}-backup`,
      `${MIGRATION}-backup-claim`,
      `${MIGRATION}-backup-restore`,
    ]);
  });

  test("runs in pods that pass the rules of Pod Security restricted, as does its restore", async () => {
    const { find } = await record(withChange(dev, { database: { backup: volume } }));
    const cron = find("kubernetes:batch/v1:CronJob", `${MIGRATION}-backup-restore`);
    const spec = cron.inputs["spec"] as {
      suspend: boolean;
      jobTemplate: { spec: { template: { spec: Parameters<typeof violations>[0] } } };
    };
    expect(spec.suspend).toBe(true);
    expect(violations(spec.jobTemplate.spec.template.spec)).toEqual([]);
    const pod = podOf(find(JOB, `${MIGRATION}-job`));
    expect(pod === undefined ? ["no pod"] : violations(pod)).toEqual([]);
  });

  test("by a snapshot: the Job waits until it can be used, and a new Job takes another one", async () => {
    const snapshot: BackupSpec = { kind: "snapshot", claim: "data-postgres-0", class: "csi" };
    const taken = async (run: number): Promise<{ name: string; object: Recorded }> => {
      const spec = withChange(dev, { database: { backup: snapshot, run } });
      const { find } = await record(spec);
      const object = find(
        "kubernetes:snapshot.storage.k8s.io/v1:VolumeSnapshot",
        `${MIGRATION}-snapshot-object`,
      );
      expect(waits(find(JOB, `${MIGRATION}-job`), object)).toBe(true);
      const metadata = object.inputs["metadata"] as { name: string; annotations: object };
      expect(metadata.annotations).toEqual({
        "pulumi.com/waitFor": "jsonpath={.status.readyToUse}=true",
      });
      return { name: metadata.name, object };
    };
    const [one, again, other] = [await taken(0), await taken(0), await taken(1)];
    expect(one.object.inputs["spec"]).toEqual({
      volumeSnapshotClassName: "csi",
      source: { persistentVolumeClaimName: "data-postgres-0" },
    });
    expect(one.name).toMatch(/^data-postgres-0-[0-9a-f]{8}$/);
    expect(again.name).toBe(one.name);
    expect(other.name).not.toBe(one.name);
  });
});

function initContainers(job: Recorded): readonly string[] {
  const pod = (podOf(job) ?? {}) as { initContainers?: { name: string }[] };
  return (pod.initContainers ?? []).map(({ name }) => name);
}
