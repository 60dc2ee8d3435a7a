import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect } from "vitest";
import { identities, isReady } from "./cluster.ts";
import { expectDone } from "./expect-done.ts";
import { errorText, lineWith } from "./outcome.ts";
import { ORDERS, ORDERS_SERVICE, sampleService, smallDatabase, tinyPlatform } from "./platforms.ts";
import { history } from "./postgres.ts";
import { scenario } from "./scenario.ts";
import type { TestStack } from "./test-stack.ts";

const run = promisify(execFile);

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

async function tablesOf(shop: TestStack): Promise<readonly string[]> {
  const rows = await shop.query<{ name: string }>(
    ORDERS,
    "select tablename as name from pg_tables where schemaname = 'public' order by 1",
  );
  return rows.map(({ name }) => name);
}

/** What somebody does whom the failed `up` told the commands: they run as they stand there, up to the next `up`. */
async function migrateByHand(text: string): Promise<void> {
  const [, commands] = /next: (.*) && pulumi up$/m.exec(text) ?? [];
  if (commands === undefined) throw new Error(`no commands to go on with in: ${text}`);
  await run("bash", ["-euo", "pipefail", "-c", commands]);
}
