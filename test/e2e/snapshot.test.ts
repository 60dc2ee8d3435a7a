import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "vitest";
import { until } from "./observe.ts";
import type { Outcome } from "./outcome.ts";
import { ORDERS, ORDERS_SERVICE, sampleService, smallDatabase, tinyPlatform } from "./platforms.ts";
import { PROJECT } from "./project-copy.ts";
import { type Scenario, scenario } from "./scenario.ts";
import type { TestStack } from "./test-stack.ts";

const run = promisify(execFile);

/** Class of snapshots and of volumes of a driver that can take them; absent: a stand-in answers. */
const CLASS = process.env["TIDEGATE_E2E_SNAPSHOT_CLASS"];
const STORAGE = process.env["TIDEGATE_E2E_SNAPSHOT_STORAGE"];

/** The kind VolumeSnapshot, as far as the program needs it, for a cluster without its controller. */
const KIND = join(PROJECT, "test/e2e/volumesnapshot-crd.yaml");
const CRD = "volumesnapshots.snapshot.storage.k8s.io";

interface Snapshot {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly source: { readonly persistentVolumeClaimName: string } };
  readonly status?: { readonly readyToUse?: boolean };
}

scenario(
  "34: a snapshot of the server's volume before a migration, which waits until it can be used",
  async (given) => {
    const { stack, images, note } = given;
    const image = await images.service("1");
    const tiny = await tinyPlatform(image);
    if (CLASS === undefined) await makeKind(given);
    const storage = STORAGE === undefined ? {} : { storageClass: STORAGE };
    const shop = await stack({
      part: "snap",
      files: tiny.files,
      config: {
        server: { kind: "cluster", version: 17, image: "postgres:17", storage: "1Gi", ...storage },
        databases: { [ORDERS]: smallDatabase(ORDERS) },
        services: { [ORDERS_SERVICE]: sampleService(ORDERS_SERVICE, ORDERS, image) },
      },
    });
    const first = await shop.up();
    expect(first.ok, first.output).toBe(true);
    expect(await snapshotsOf(shop)).toEqual([]);

    const backup = { kind: "snapshot", ...(CLASS !== undefined && { class: CLASS }) };
    await shop.configure({ databases: { [ORDERS]: smallDatabase(ORDERS, { backup }) } });
    await shop.migrations(ORDERS, { "006_more.sql": "create table more (id int);\n" });
    const done = await upWithSnapshot(shop, "006_more");
    const [taken, ...others] = await snapshotsOf(shop);
    expect(others).toEqual([]);
    const [claim] = await shop.cluster.list("persistentvolumeclaims");
    expect(taken?.spec.source.persistentVolumeClaimName).toBe(claim?.metadata.name);
    expect(taken?.status?.readyToUse).toBe(true);
    note(
      `up ${done.seconds} s with the snapshot ${taken?.metadata.name} of ${claim?.metadata.name}`,
    );

    await shop.migrations(ORDERS, { "007_again.sql": "create table again (id int);\n" });
    await upWithSnapshot(shop, "007_again");
    const kept = await snapshotsOf(shop);
    expect(kept.map(({ metadata }) => metadata.name)).not.toContain(taken?.metadata.name);
    expect(kept.length, "one is kept").toBe(1);
    note(
      CLASS === undefined
        ? "a stand-in said that they can be used: this cluster has no snapshot controller, kind in CI has"
        : `taken by the driver of class ${CLASS}; the one before is deleted`,
    );
  },
);

/** An `up` with a new migration, of which nothing is applied before its snapshot can be used. */
async function upWithSnapshot(shop: TestStack, migration: string): Promise<Outcome> {
  const running = shop.up();
  if (CLASS === undefined) {
    const name = await until("the new snapshot", async () =>
      (await snapshotsOf(shop)).find(({ status }) => status === undefined),
    );
    expect(await appliedIn(shop)).not.toContain(migration);
    const ready = '{"status":{"readyToUse":true}}';
    const patch = ["patch", "volumesnapshot", name.metadata.name, "--type=merge", "--patch", ready];
    await shop.cluster.kubectl(...patch, "--subresource=status");
  }
  const outcome = await running;
  expect(outcome.ok, outcome.output).toBe(true);
  expect(await appliedIn(shop)).toContain(migration);
  return outcome;
}

async function snapshotsOf({ cluster }: TestStack): Promise<readonly Snapshot[]> {
  const text = await cluster.kubectl("get", CRD, "--output", "json");
  return (JSON.parse(text) as { readonly items: readonly Snapshot[] }).items;
}

/** The history, asked in the server's own pod: this machine does not reach it. */
async function appliedIn({ cluster }: TestStack): Promise<readonly string[]> {
  const statement = "select name from migration_history order by name";
  const psql = ["psql", "--username=postgres", `--dbname=${ORDERS}`, "-Atc", statement];
  return (await cluster.kubectl("exec", "postgres-0", "--", ...psql)).trim().split("\n");
}

async function makeKind({ afterwards }: Scenario): Promise<void> {
  const known = await run("kubectl", ["get", "crd", CRD]).then(
    () => true,
    () => false,
  );
  if (known) return;
  await run("kubectl", ["apply", "--server-side", "--filename", KIND]);
  afterwards(async () => {
    await run("kubectl", ["delete", "crd", CRD]);
  });
  await run("kubectl", ["wait", "--for=condition=Established", `crd/${CRD}`, "--timeout=60s"]);
}
