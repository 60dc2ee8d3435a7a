import { expect } from "vitest";
import { identities } from "./cluster.ts";
import { expectUp } from "./expect-done.ts";
import { during, until } from "./observe.ts";
import { changeLines, errorText } from "./outcome.ts";
import {
  ORDERS,
  ORDERS_SERVICE,
  sampleService,
  slowMigration,
  smallDatabase,
  tinyPlatform,
} from "./platforms.ts";
import { historyNames, seeStatement } from "./postgres.ts";
import { scenario } from "./scenario.ts";
import type { TestStack } from "./test-stack.ts";

/** A dozen ups: bound of one scenario in milliseconds, also on a machine that does much else. */
const LONG = 1_800_000;

const NEWER = "006_colours";
const FILES: Readonly<Record<string, string>> = {
  [`${NEWER}.sql`]: "create table colours (id int);\ninsert into colours values (1);\n",
  [`${NEWER}.down.sql`]: "select pg_sleep(5);\ndrop table colours;\n",
};

/** One migration back, with the services at 0 replicas meanwhile. */
const ROLLBACK = {
  database: ORDERS,
  to: "005_create_service_heartbeats",
  delaySeconds: 0,
  scaleDown: true,
};

scenario(
  "30: a rollback takes the services down before it and brings them back after it, in one up; one that is refused touches none",
  async ({ stack, images, note }) => {
    const [one, two] = [await images.service("1"), await images.service("2")];
    const shop = await stack({ part: "low", ...(await tinyPlatform(two)) });
    await shop.migrations(ORDERS, FILES);
    await deploy(shop, two);
    await expectUp(shop);

    const before = identities(await shop.cluster.pods(ORDERS_SERVICE));
    await deploy(shop, one, ROLLBACK);
    const refused = await shop.up();
    expect(refused.ok).toBe(false);
    expect(errorText(refused)).toContain(`${NEWER} drops the table colours: 1 rows`);
    expect(refused.output).toContain("Its services were not touched.");
    expect(identities(await shop.cluster.pods(ORDERS_SERVICE)), "no pod ended").toEqual(before);
    note(`refused in ${refused.seconds} s, and the pods are the same`);

    await deploy(shop, one, { ...ROLLBACK, allowDataLoss: true });
    const running = shop.up();
    await during(running, seeStatement(shop, ORDERS, "pg_sleep"));
    const meanwhile = await shop.cluster.pods(ORDERS_SERVICE);
    expect(
      meanwhile.map(({ metadata }) => metadata.name),
      "pods during the way down",
    ).toEqual([]);
    const back = await running;
    expect(back.ok, back.output).toBe(true);
    expect(await historyNames(shop, ORDERS)).not.toContain(NEWER);
    expect(await shop.cluster.readyImages(ORDERS_SERVICE)).toEqual([one, one]);
    note(`scaled down, back and up again in ${back.seconds} s`);

    expect(changeLines(await expectUp(shop)), "once more").toEqual([]);
    const settled = identities(await shop.cluster.pods(ORDERS_SERVICE));
    await expectUp(shop, { refresh: true });
    expect(identities(await shop.cluster.pods(ORDERS_SERVICE)), "after a refresh").toEqual(settled);
    await deploy(shop, two, { ...ROLLBACK, allowDataLoss: true });
    const rolled = await expectUp(shop);
    expect(await shop.cluster.readyImages(ORDERS_SERVICE)).toEqual([two, two]);
    note(
      `under the key: one more up and a refresh change no pod; another image in ${rolled.seconds} s`,
    );

    await deploy(shop, two);
    await expectUp(shop);
    expect(await historyNames(shop, ORDERS), "released").toContain(NEWER);
    expect(await shop.cluster.readyImages(ORDERS_SERVICE)).toEqual([two, two]);
    expect(changeLines(await expectUp(shop)), "after the release").toEqual([]);
  },
  LONG,
);

scenario(
  "30: a way down that fails leaves the services down, says so, and both ways on work",
  async ({ stack, images, note }) => {
    const image = await images.service("1");
    const shop = await stack({ part: "lowfail", ...(await tinyPlatform(image)) });
    await shop.migrations(ORDERS, {
      "006_colours.sql": "create table colours (id int);\n",
      "006_colours.down.sql": "drop table shades;\n",
    });
    await deploy(shop, image);
    await expectUp(shop);
    await deploy(shop, image, ROLLBACK);
    const failed = await shop.up();
    expect(failed.ok).toBe(false);
    expect(errorText(failed)).toContain('table "shades" does not exist');
    expect(failed.output).toContain("Its services are at 0 replicas.");
    expect(await historyNames(shop, ORDERS)).toContain(NEWER);
    await until("no pod", async () => (await shop.cluster.pods(ORDERS_SERVICE)).length === 0);
    note(`failed in ${failed.seconds} s:\n${errorText(failed)}`);

    // Given up, in the words of the warning.
    await deploy(shop, image);
    await expectUp(shop);
    await until("a pod", async () => (await shop.cluster.readyImages(ORDERS_SERVICE)).length > 0);
    const one = (await shop.cluster.readyImages(ORDERS_SERVICE)).length;
    await expectUp(shop, { refresh: true });
    expect(await shop.cluster.readyImages(ORDERS_SERVICE)).toEqual([image, image]);
    note(`given up: ${one} replica after up, 2 after up --refresh`);
    expect(changeLines(await expectUp(shop))).toEqual([]);

    // Put right.
    await deploy(shop, image, ROLLBACK);
    expect((await shop.up()).ok).toBe(false);
    await shop.query(ORDERS, "create table shades (id int)");
    await shop.query(ORDERS, `alter table shades owner to ${ORDERS}_owner`);
    await expectUp(shop);
    expect(await historyNames(shop, ORDERS)).not.toContain(NEWER);
    expect(await shop.cluster.readyImages(ORDERS_SERVICE)).toEqual([image, image]);
  },
  LONG,
);

scenario(
  "30: maintenance takes the services down before a migration and brings them back after it, in one up",
  async ({ stack, images, note }) => {
    const image = await images.service("1");
    const shop = await stack({
      part: "maint",
      ...(await tinyPlatform(image)),
      // It is gone at the end, and with it all that could hold a password.
      searchLeaks: false,
    });
    await deploy(shop, image);
    await expectUp(shop);

    await shop.configure({ databases: { [ORDERS]: smallDatabase(ORDERS, { maintenance: true }) } });
    await shop.migrations(ORDERS, { "006_slow.sql": slowMigration(6) });
    const running = shop.up();
    await during(running, seeStatement(shop, ORDERS, "pg_sleep"));
    expect((await shop.cluster.pods(ORDERS_SERVICE)).length, "pods during it").toBe(0);
    const done = await running;
    expect(done.ok, done.output).toBe(true);
    expect(await shop.cluster.readyImages(ORDERS_SERVICE)).toEqual([image, image]);
    note(`scaled down, migrated and up again in ${done.seconds} s`);
    expect(changeLines(await expectUp(shop)), "once more").toEqual([]);
    const settled = identities(await shop.cluster.pods(ORDERS_SERVICE));
    await expectUp(shop, { refresh: true });
    expect(identities(await shop.cluster.pods(ORDERS_SERVICE)), "after a refresh").toEqual(settled);

    await shop.migrations(ORDERS, { "007_broken.sql": "select 1/0;\n" });
    const failed = await shop.up();
    expect(failed.ok).toBe(false);
    expect(failed.output).toContain(`The services of database '${ORDERS}' are at 0 replicas`);
    await until("no pod", async () => (await shop.cluster.pods(ORDERS_SERVICE)).length === 0);
    await shop.migrations(ORDERS, { "007_broken.sql": null });
    await shop.configure({
      databases: { [ORDERS]: smallDatabase(ORDERS, { maintenance: true, run: 1 }) },
    });
    await expectUp(shop);
    expect(await shop.cluster.readyImages(ORDERS_SERVICE)).toEqual([image, image]);
    note("failed: services at 0; the migration taken back and run raised: they are back");

    const destroyed = await shop.destroy();
    expect(destroyed.ok, destroyed.output).toBe(true);
    note("destroyed with maintenance in the spec");
  },
  LONG,
);

/** Two replicas of an image, and the rollback; absent: none. */
async function deploy(shop: TestStack, image: string, rollback: object | "" = ""): Promise<void> {
  const service = sampleService(ORDERS_SERVICE, ORDERS, image, { replicas: 2 });
  await shop.configure({ services: { [ORDERS_SERVICE]: service }, rollback });
}
