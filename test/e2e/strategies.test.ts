import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect } from "vitest";
import { identities, isReady, type KubeObject } from "./cluster.ts";
import { migrationFiles, mountedFiles } from "./migration-files.ts";
import { until } from "./observe.ts";
import { changeLines, changing, errorText, type Outcome } from "./outcome.ts";
import { ORDERS, ORDERS_SERVICE, sampleService, smallDatabase, tinyPlatform } from "./platforms.ts";
import { history } from "./postgres.ts";
import { scenario } from "./scenario.ts";
import { smallServiceImage } from "./small-service/image.ts";
import { expectTakenBack } from "./taken-back.ts";
import type { TestStack } from "./test-stack.ts";

/** Bound in milliseconds of a scenario in which rollouts fail, also on a machine that does much else. */
const LONG = 1_800_000;
const run = promisify(execFile);

/** A service that only reads {@link ORDERS}. */
const READER = "reports";

/** So many pods of the service that migrates start at once. */
const REPLICAS = 10;

scenario(
  "21: strategy manual holds services until somebody has migrated, and says with which commands",
  async ({ stack, images, note }) => {
    const shop = await stack({
      part: "manual",
      ...(await tinyPlatform(await images.service("1"))),
    });
    await shop.configure({
      databases: { [ORDERS]: smallDatabase(ORDERS, { strategy: "manual" }) },
    });
    const held = await shop.up();
    expect(held.ok).toBe(false);
    const text = errorText(held);
    const pending = "2 pending: 001_create_things, 005_create_service_heartbeats";
    expect(text).toContain(`${ORDERS}: ${pending}`);
    expect(text).toContain("state: nothing was changed");
    expect(await shop.cluster.pods(ORDERS_SERVICE)).toEqual([]);
    expect(await tablesOf(shop)).toEqual([]);
    note(`held in ${held.seconds} s: ${lineWith(text, "pending")}`);
    note(lineWith(text, "next: "));

    const refused = await shop.up({ target: [`**::${shop.name}-${ORDERS_SERVICE}-deployment`] });
    expect(refused.ok, "the hook holds it too").toBe(false);

    await migrateByHand(text);
    expect((await history(shop, ORDERS)).map(({ outcome }) => outcome)).toEqual([
      "applied",
      "applied",
    ]);
    const passed = await shop.up();
    expectDone(passed);
    expect((await shop.cluster.pods(ORDERS_SERVICE)).map(isReady)).toEqual([true]);
    note(`after a run by hand: a fresh check, up ${passed.seconds} s`);

    const before = identities(await shop.cluster.pods(ORDERS_SERVICE));
    await shop.migrations(ORDERS, { "006_more.sql": "create table more (id int);\n" });
    const again = await shop.up();
    expect(errorText(again)).toContain(`${ORDERS}: 1 pending: 006_more`);
    expect(identities(await shop.cluster.pods(ORDERS_SERVICE)), "old pods serve").toEqual(before);
    note(`a new migration: ${lineWith(errorText(again), "pending")}`);
  },
);

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
    expect((await history(shop, ORDERS)).map(({ name }) => name)).toContain("006_price");
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
    expect((await history(shop, ORDERS)).map(({ name }) => name)).toEqual(["001_create_things"]);
    const log = await shop.cluster.kubectl("logs", "deployment/orders");
    expect(log).toContain('"applied":"switched off"');
    note(`RUN_MIGRATIONS=false: ${lineWith(log, "switched off")}`);

    await shop.configure({ services: { orders: startupService(image) } });
    const on = await shop.up();
    expectDone(on);
    expect((await history(shop, ORDERS)).map(({ name }) => name)).toContain("002_off");
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

scenario(
  "21: strategy disabled: no Job and no gate, and with protection only by consent",
  async ({ stack, images, note }) => {
    const image = await images.service("1");
    const shop = await stack({ part: "none", ...(await tinyPlatform(image)) });
    const disabled = (more: object = {}) => ({
      databases: { [ORDERS]: smallDatabase(ORDERS, { strategy: "disabled", ...more }) },
    });
    await shop.configure(disabled({ protect: true }));
    const refused = await shop.up();
    expect(refused.ok).toBe(false);
    expect(refused.output).toContain(
      "disabled lets services roll out on any schema, and this database is protected: agree with allowUngated: true",
    );
    note(`protected: ${lineWith(refused.output, "disabled lets").trim()}`);

    // The sample is ready only on its schema: somebody else has to bring it there.
    await shop.configure({
      ...disabled(),
      services: {
        [ORDERS_SERVICE]: sampleService(ORDERS_SERVICE, ORDERS, image, { replicas: 0 }),
      },
    });
    const up = await shop.up();
    expectDone(up);
    expect(await shop.cluster.jobs(ORDERS)).toEqual([]);
    expect(await tablesOf(shop)).toEqual([]);
    const [deployment] = await shop.cluster.list("deployments");
    expect(JSON.stringify(deployment?.spec?.template)).not.toContain("schema-gate");
    note(
      `up ${up.seconds} s: no Job, no schema-gate; ${lineWith(up.output, "strategy: disabled").trim()}`,
    );
  },
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

function expectDone(outcome: Outcome): void {
  expect(outcome.ok, outcome.output).toBe(true);
}

async function tablesOf(shop: TestStack): Promise<readonly string[]> {
  const rows = await shop.query<{ name: string }>(
    ORDERS,
    "select tablename as name from pg_tables where schemaname = 'public' order by 1",
  );
  return rows.map(({ name }) => name);
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

/** What somebody does whom the failed `up` told the commands: they run as they stand there, up to the next `up`. */
async function migrateByHand(text: string): Promise<void> {
  const [, commands] = /next: (.*) && pulumi up$/m.exec(text) ?? [];
  if (commands === undefined) throw new Error(`no commands to go on with in: ${text}`);
  await run("bash", ["-euo", "pipefail", "-c", commands]);
}

function lineWith(text: string, part: string): string {
  return text.split("\n").find((line) => line.includes(part)) ?? "";
}
