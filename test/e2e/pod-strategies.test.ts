import { expect } from "vitest";
import { identities, isReady, type KubeObject } from "./cluster.ts";
import { expectDone } from "./expect-done.ts";
import { migrationFiles, mountedFiles } from "./migration-files.ts";
import { until } from "./observe.ts";
import { changeLines, changing, lineWith } from "./outcome.ts";
import { ORDERS, ORDERS_SERVICE, sampleService, smallDatabase, tinyPlatform } from "./platforms.ts";
import { historyNames } from "./postgres.ts";
import { scenario } from "./scenario.ts";
import { smallServiceImage } from "./small-service/image.ts";
import { expectTakenBack } from "./taken-back.ts";
import type { TestStack } from "./test-stack.ts";

/** Bound in milliseconds of a scenario in which rollouts fail, also on a machine that does much else. */
const LONG = 1_800_000;

/** A service that only reads {@link ORDERS}. */
const READER = "reports";

/** So many pods of the service that migrates start at once. */
const REPLICAS = 10;

scenario(
  "21: strategy initContainer: ten pods migrate side by side, readers wait, a failure leaves the old ones",
  async ({ stack, images, note }) => {
    const image = await images.service("1");
    const shop = await stack({ part: "init", ...(await tinyPlatform(image)) });
    await shop.configure({
      databases: { [ORDERS]: smallDatabase(ORDERS, { strategy: "initContainer" }) },
      services: initServices(image, REPLICAS),
    });
    const first = await shop.up();
    expectDone(first);
    const pods = await shop.cluster.pods(ORDERS_SERVICE);
    expect(pods.map(isReady)).toEqual(Array.from({ length: REPLICAS }, () => true));
    expect(await shop.cluster.jobs(ORDERS)).toEqual([]);
    expect(await shop.query(ORDERS, "select name from migration_events")).toHaveLength(2);
    note(`first up with ${REPLICAS} pods: ${first.seconds} s; each migration applied once`);

    for (const service of [ORDERS_SERVICE, READER]) {
      expect(await holdersOf(shop, service), `who in ${service} has the migrator's Secret`).toEqual(
        service === READER ? [] : ["migrate-battlescope-ingestion"],
      );
    }
    const reader = await shop.cluster.pods(READER);
    expect(reader.map(isReady)).toEqual([true]);
    const [made = ""] = reader.map(({ metadata }) => metadata.creationTimestamp);
    expect(made >= readySince(pods), "the reader's pod is made once all pods are ready").toBe(true);
    expect(changeLines(await shop.up()), "without a change").toEqual([]);

    await shop.configure({ services: initServices(image, 2) });
    expectDone(await shop.up());
    const readers = identities(await shop.cluster.pods(READER));
    await shop.migrations(ORDERS, { "006_price.sql": "alter table things add price numeric;\n" });
    const rolled = await shop.up();
    expectDone(rolled);
    expect(await historyNames(shop, ORDERS)).toContain("006_price");
    expect([...new Set(changing(rolled).map(({ name }) => name))].toSorted()).toEqual([
      `${shop.name}-battlescope-ingestion-migration-files`,
      `${shop.name}-battlescope-ingestion-migration-schema`,
      `${shop.name}-${ORDERS_SERVICE}-deployment`,
    ]);
    expect(identities(await shop.cluster.pods(READER)), "readers don't roll").toEqual(readers);
    note(`a new migration rolls the service: ${rolled.seconds} s`);

    const files = await migrationFiles(shop, ORDERS);
    expect(files).toHaveLength(1);
    expect(await mountedFiles(shop, `deployment/${ORDERS_SERVICE}`)).toEqual(files);
    const ready = (await shop.cluster.pods(ORDERS_SERVICE)).filter(isReady);
    await shop.migrations(ORDERS, { "007_broken.sql": "select 1 / 0;\n" });
    const failing = await shop.up();
    expect(failing.ok).toBe(false);
    const still = (await shop.cluster.pods(ORDERS_SERVICE)).filter(isReady);
    expect(identities(still), "the old pods serve").toEqual(identities(ready));
    expect(identities(await shop.cluster.pods(READER))).toEqual(readers);
    const command = lineWith(failing.output, "kubectl logs --namespace");
    expect(command).toContain("--container migrate-battlescope-ingestion");
    const [, ...args] = command.trim().split(" ");
    expect(await shop.cluster.kubectl(...args)).toContain("division by zero");
    note(`a broken one: failed in ${failing.seconds} s`);
    note(`what it says: ${lineWith(failing.output, "did not roll out")} ${command.trim()}`);

    await shop.cluster.kubectl("delete", "pod", reader[0]?.metadata.name ?? "");
    const { seconds, ok, output } = await shop.up({
      target: [`**::${shop.name}-${READER}-deployment`],
      replace: [`**::${shop.name}-${READER}-deployment`],
    });
    expect(ok, output).toBe(false);
    expect(output).toContain(
      `Deployment '${ORDERS_SERVICE}', whose pods migrate it, has not rolled out`,
    );
    note(`the reader alone by --target: refused in ${seconds} s`);

    // An old pod that restarts meanwhile needs the migrations of its own release.
    expect(await migrationFiles(shop, ORDERS)).toEqual(expect.arrayContaining([...files]));
    await shop.cluster.kubectl("delete", "pod", ready[0]?.metadata.name ?? "");
    await until("two ready pods, one of them new", async () => {
      const now = (await shop.cluster.pods(ORDERS_SERVICE)).filter(isReady);
      const names = now.map(({ metadata }) => metadata.name);
      return names.length === 2 && !names.includes(ready[0]?.metadata.name ?? "");
    });
    await expectTakenBack(shop, ORDERS_SERVICE, "007_broken", note);
  },
  LONG,
);

scenario(
  "21: strategy startup: the program migrates as it starts, RUN_MIGRATIONS switches it off",
  async ({ stack, engine, note }) => {
    const image = await smallServiceImage({ registry: engine.registry, version: "1" });
    const shop = await stack({
      part: "startup",
      config: {
        databases: {
          [ORDERS]: smallDatabase(ORDERS, {
            strategy: "startup",
            allowMigratorSecretInService: true,
          }),
        },
        services: { orders: startupService(image) },
      },
      files: {
        [`migrations/${ORDERS}/001_create_things.sql`]:
          "create table things (id bigint generated always as identity primary key, name text not null);\n",
      },
    });
    const preview = await shop.preview();
    expect(preview.ok, preview.output).toBe(true);
    const warning = preview.diagnostics.find(({ message }) =>
      message.includes("strategy: startup"),
    );
    expect(warning?.severity).toBe("warning");
    note(`preview warns: ${warning?.message.trim() ?? ""}`);

    const first = await shop.up();
    expectDone(first);
    expect((await shop.cluster.pods("orders")).map(isReady)).toEqual([true, true, true]);
    expect(await shop.query(ORDERS, "select name from migration_events")).toHaveLength(1);
    expect(await ownerOf(shop, "things"), "what it made belongs to the owner").toBe(
      `${ORDERS}_owner`,
    );
    note(`first up with 3 pods: ${first.seconds} s`);

    await shop.configure({
      services: { orders: startupService(image, { env: { RUN_MIGRATIONS: "false" } }) },
    });
    await shop.migrations(ORDERS, { "002_off.sql": "create table off (id int);\n" });
    expectDone(await shop.up());
    expect(await historyNames(shop, ORDERS)).toEqual(["001_create_things"]);
    // Not of the Deployment: kubectl may take a pod of the old release, which is on its way out.
    const [pod] = await shop.cluster.pods("orders");
    const log = await shop.cluster.kubectl("logs", pod?.metadata.name ?? "no pod");
    expect(log).toContain('"applied":"switched off"');
    note(`RUN_MIGRATIONS=false: ${lineWith(log, "switched off")}`);

    await shop.configure({ services: { orders: startupService(image) } });
    const on = await shop.up();
    expectDone(on);
    expect(await historyNames(shop, ORDERS)).toContain("002_off");
    note(`switched on again: up ${on.seconds} s, 002_off applied`);

    await shop.migrations(ORDERS, { "003_broken.sql": "select 1 / 0;\n" });
    const failing = await shop.up();
    expect(failing.ok).toBe(false);
    expect((await shop.cluster.pods("orders")).filter(isReady), "the old pods serve").toHaveLength(
      3,
    );
    note(`a broken one: failed in ${failing.seconds} s`);
    await expectTakenBack(shop, "orders", "003_broken", note);
  },
  LONG,
);

function initServices(image: string, replicas: number): Readonly<Record<string, unknown>> {
  const more = { replicas, rolloutTimeout: replicas > 2 ? "10m" : "60s" };
  return {
    [ORDERS_SERVICE]: sampleService(ORDERS_SERVICE, ORDERS, image, more),
    [READER]: sampleService(READER, ORDERS, image, { databases: { [ORDERS]: "readonly" } }),
  };
}

function startupService(
  image: string,
  more: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  const bounds = { replicas: 3, rolloutTimeout: "60s" };
  return { image, port: 3000, ...bounds, databases: { [ORDERS]: "app" }, ...more };
}

async function ownerOf(shop: TestStack, table: string): Promise<string | undefined> {
  const [row] = await shop.query<{ owner: string }>(
    ORDERS,
    `select tableowner as owner from pg_tables where tablename = '${table}'`,
  );
  return row?.owner;
}

/** Containers of a service's pods whose environment names the migrator's Secret. */
async function holdersOf(shop: TestStack, service: string): Promise<readonly string[]> {
  const [pod] = await shop.cluster.pods(service);
  const spec = (pod?.spec ?? {}) as Record<string, readonly { readonly name: string }[]>;
  const containers = [...(spec["initContainers"] ?? []), ...(spec["containers"] ?? [])];
  return containers
    .filter((container) => JSON.stringify(container).includes("battlescope-ingestion-migrator"))
    .map(({ name }) => name);
}

/** When the last of the pods became ready. */
function readySince(pods: readonly KubeObject[]): string {
  const times = pods.flatMap(({ status }) =>
    (status?.conditions ?? []).flatMap(({ type, lastTransitionTime }) =>
      type === "Ready" ? (lastTransitionTime ?? []) : [],
    ),
  );
  return times.toSorted().at(-1) ?? "";
}
