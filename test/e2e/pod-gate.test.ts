import { expect } from "vitest";
import { identities, isReady, type KubeObject } from "./cluster.ts";
import { describeLoad, withLoad } from "./load.ts";
import { until } from "./observe.ts";
import { changing, errorText, lineWith } from "./outcome.ts";
import { ORDERS, ORDERS_SERVICE, sampleService, tinyPlatform } from "./platforms.ts";
import { historyNames } from "./postgres.ts";
import { secondsSince } from "./report.ts";
import { scenario } from "./scenario.ts";
import type { TestStack } from "./test-stack.ts";

/** How soon after the helping command held pods run, in seconds. */
const RELEASED_WITHIN = 10;

scenario(
  "12: pods that start on a restored, older schema are held until it is migrated again",
  async ({ stack, images, note }) => {
    const image = await images.service("1");
    const shop = await stack({ part: "restore", ...(await tinyPlatform(image)) });
    await shop.configure({ services: twoPods(image) });
    await shop.migrations(ORDERS, { "006_notes.sql": "create table notes (id int);\n" });
    const first = await shop.up();
    expect(first.ok, first.output).toBe(true);

    const { load } = await withLoad(
      shop,
      { service: ORDERS_SERVICE, port: 3000, image },
      async () => {
        const [deleted, kept] = await shop.cluster.pods(ORDERS_SERVICE);
        await restoreBefore(shop, "006_notes", "notes");
        await shop.cluster.kubectl("delete", "pod", deleted?.metadata.name ?? "", "--wait=false");
        await shop.cluster.kubectl("scale", "deployment", ORDERS_SERVICE, "--replicas=3");
        const held = await seeHeld(shop, 2);
        const command = await helpIn(shop, held, "missing; waiting for 006_notes");
        expect(command).toMatch(/^pulumi up --replace '[^']+'$/);
        note(`held: ${held.map(({ metadata }) => metadata.name).join(", ")}; help: ${command}`);
        expect(
          (await shop.cluster.pods(ORDERS_SERVICE))
            .filter(isReady)
            .map(({ metadata }) => metadata.uid),
          "the old pod serves",
        ).toEqual([kept?.metadata.uid]);

        const [, pattern = ""] = /'([^']+)'/.exec(command) ?? [];
        const replaced = await shop.up({ replace: [pattern] });
        expect(replaced.ok, replaced.output).toBe(true);
        expect([...new Set(changing(replaced).map(({ name }) => name))]).toEqual([
          `${shop.name}-battlescope-ingestion-migration-job`,
        ]);
        note(`${command.split(" '")[0]}: ${replaced.seconds} s; ${await seeReleased(shop, held)}`);

        await restoreBefore(shop, "006_notes", "notes");
        await shop.cluster.kubectl("delete", "pod", kept?.metadata.name ?? "", "--wait=false");
        const again = await seeHeld(shop, 1);
        await helpIn(shop, again, "missing; waiting for 006_notes");
        const [database] = Object.values(shop.config["databases"] ?? {}) as object[];
        await shop.configure({ databases: { [ORDERS]: { ...database, run: 1 } } });
        const raised = await shop.up();
        expect(raised.ok, raised.output).toBe(true);
        note(`a raised run: ${raised.seconds} s; ${await seeReleased(shop, again)}`);
      },
    );
    note(describeLoad(load));
    expect(load.failures, load.reasons.join("\n")).toBe(0);
    expect(load.rate).toBeGreaterThanOrEqual(20);
    expect(await historyNames(shop, ORDERS)).toContain("006_notes");
  },
);

scenario(
  "12: a late migration holds pods; an older image and an expand migration hold none",
  async ({ stack, images, note }) => {
    const [one, two] = [await images.service("1"), await images.service("2")];
    const shop = await stack({ part: "window", ...(await tinyPlatform(two)) });
    await shop.configure({ services: twoPods(two) });
    await shop.migrations(ORDERS, { "004_late.sql": "create table late (id int);\n" });
    const first = await shop.up();
    expect(first.ok, first.output).toBe(true);

    const { load } = await withLoad(
      shop,
      { service: ORDERS_SERVICE, port: 3000, image: two },
      async () => {
        const before = identities(await shop.cluster.pods(ORDERS_SERVICE));
        const ready = await readySince(shop);
        await shop.migrations(ORDERS, {
          "006_expand.sql":
            "alter table service_heartbeats add column note text;\ncreate index on service_heartbeats (last_beat_at);\n",
        });
        const expanded = await shop.up();
        expect(expanded.ok, expanded.output).toBe(true);
        expect(identities(await shop.cluster.pods(ORDERS_SERVICE))).toEqual(before);
        expect(await readySince(shop), "since when each pod is ready").toEqual(ready);
        note(`an expand migration: ${expanded.seconds} s, no pod turned unready`);

        await shop.configure({ services: twoPods(one) });
        const older = await shop.up();
        expect(older.ok, older.output).toBe(true);
        for (const pod of await shop.cluster.pods(ORDERS_SERVICE)) {
          const log = await gateLog(shop, pod);
          expect(log, "an older image waits for nothing").not.toContain("waiting");
          expect(log).toContain("schema");
        }
        note(`an older image on the newer schema: ${older.seconds} s`);

        // What a database looks like in which 004 never ran, as it was merged after 005 and 006 had.
        await restoreBefore(shop, "004_late", "late");
        const [deleted] = await shop.cluster.pods(ORDERS_SERVICE);
        await shop.cluster.kubectl("delete", "pod", deleted?.metadata.name ?? "", "--wait=false");
        const held = await seeHeld(shop, 1);
        const command = await helpIn(shop, held, "missing; waiting for 004_late");
        const [, pattern = ""] = /'([^']+)'/.exec(command) ?? [];
        const refused = await shop.up({ replace: [pattern] });
        expect(refused.ok).toBe(false);
        expect(errorText(refused)).toContain("004_late.sql arrives out of order");
        expect(errorText(refused)).toContain(
          `give the file a newer number, or allow it with \`databases.${ORDERS}.outOfOrder: true\``,
        );
        note(`a late migration: ${lineWith(errorText(refused), "004_late.sql")}`);
        expect((await seeHeld(shop, 1)).length, "still held").toBe(1);
        await shop.query(ORDERS, "create table late (id int)");
        await shop.query(ORDERS, "insert into migration_history select * from taken_out");
        note(await seeReleased(shop, held));
      },
    );
    note(describeLoad(load));
    expect(load.failures, load.reasons.join("\n")).toBe(0);
    const after = await shop.up();
    expect(after.ok, after.output).toBe(true);
  },
);

function twoPods(image: string): Readonly<Record<string, unknown>> {
  return { [ORDERS_SERVICE]: sampleService(ORDERS_SERVICE, ORDERS, image, { replicas: 2 }) };
}

/** Puts the database back to before one migration; its row of the history is kept aside. */
async function restoreBefore(shop: TestStack, migration: string, table: string): Promise<void> {
  await shop.query(ORDERS, `drop table ${table}`);
  await shop.query(ORDERS, "drop table if exists taken_out");
  await shop.query(
    ORDERS,
    `create table taken_out as select * from migration_history where name = '${migration}'`,
  );
  await shop.query(ORDERS, `delete from migration_history where name = '${migration}'`);
}

/** Waits until exactly so many pods are held by their own gate. */
async function seeHeld(shop: TestStack, count: number): Promise<readonly KubeObject[]> {
  return await until(`${count} pods in Init, held by schema-gate`, async () => {
    const held = (await shop.cluster.pods(ORDERS_SERVICE)).filter((pod) => !isReady(pod));
    return held.length === count && held.every(isInGate) ? held : undefined;
  });
}

function isInGate({ status }: KubeObject): boolean {
  const gate = status?.initContainerStatuses?.find(({ name }) => name === "schema-gate");
  return status?.phase === "Pending" && gate !== undefined && "running" in gate.state;
}

/** The command that each held pod's log names after the reason. */
async function helpIn(
  shop: TestStack,
  held: readonly KubeObject[],
  reason: string,
): Promise<string> {
  const commands = new Set<string>();
  for (const pod of held) {
    const log = await until(`'${reason}' in the log of ${pod.metadata.name}`, async () => {
      const text = await gateLog(shop, pod);
      return text.includes(reason) ? text : undefined;
    });
    for (const [command] of log.matchAll(/pulumi up --replace '[^']+'/g)) commands.add(command);
  }
  expect(commands.size, "one command in all logs").toBe(1);
  return [...commands][0] ?? "";
}

async function gateLog(shop: TestStack, { metadata }: KubeObject): Promise<string> {
  return await shop.cluster.kubectl("logs", metadata.name, "-c", "schema-gate");
}

/** The held pods themselves become ready, none in their place. */
async function seeReleased(shop: TestStack, held: readonly KubeObject[]): Promise<string> {
  const started = performance.now();
  const uids = new Set(held.map(({ metadata }) => metadata.uid));
  await until(
    "the held pods ready",
    async () => {
      const pods = (await shop.cluster.pods(ORDERS_SERVICE)).filter(isReady);
      return pods.filter(({ metadata }) => uids.has(metadata.uid)).length === uids.size;
    },
    RELEASED_WITHIN,
  );
  return `the held pods were ready ${secondsSince(started)} s after it`;
}

/** Name of each pod and since when it is ready: another time means that it was unready. */
async function readySince(shop: TestStack): Promise<readonly string[]> {
  const path =
    '{range .items[*]}{.metadata.name} {.status.conditions[?(@.type=="Ready")].lastTransitionTime}{"\\n"}{end}';
  const selector = `app.kubernetes.io/component=service,app.kubernetes.io/name=${ORDERS_SERVICE}`;
  const args = ["get", "pods", "--selector", selector, "--output", `jsonpath=${path}`];
  return (await shop.cluster.kubectl(...args)).trim().split("\n").toSorted();
}
