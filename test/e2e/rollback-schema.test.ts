import { expect } from "vitest";
import { isReady } from "./cluster.ts";
import { expectUp } from "./expect-done.ts";
import { until } from "./observe.ts";
import { changeLines, changing, errorText, lineWith } from "./outcome.ts";
import { ORDERS, ORDERS_SERVICE, sampleService, tinyPlatform } from "./platforms.ts";
import { historyNames } from "./postgres.ts";
import { scenario } from "./scenario.ts";
import type { TestStack } from "./test-stack.ts";

/** A dozen ups: bound of one scenario in milliseconds, also on a machine that does much else. */
const LONG = 1_800_000;

const OLD = ["001_create_things", "005_create_service_heartbeats"];

/** Two migrations of a newer release, with their ways down. */
const NEWER: Readonly<Record<string, string>> = {
  "006_add_price.sql": "alter table things add column price numeric;\n",
  "006_add_price.down.sql": "alter table things drop column price;\n",
  "007_create_notes.sql": "create table notes (id int);\n",
  "007_create_notes.down.sql": "drop table notes;\n",
};
const WITHOUT_NEWER = Object.fromEntries(Object.keys(NEWER).map((file) => [file, null]));

scenario(
  "29: an older release takes the database back with it, without the newer files, and it stays there until released",
  async ({ stack, images, note }) => {
    const [one, two] = [await images.service("1"), await images.service("2")];
    const shop = await stack({ part: "back", ...(await tinyPlatform(one)) });
    await expectUp(shop);
    await shop.migrations(ORDERS, NEWER);
    await deploy(shop, two);
    await expectUp(shop);
    await shop.query(ORDERS, "insert into things (name, price) values ('a', 1), ('b', 2)");
    await shop.query(ORDERS, "insert into notes select generate_series(1, 3)");
    const before = await historyNames(shop, ORDERS);
    expect(before).toEqual([...OLD, "006_add_price", "007_create_notes"]);

    // The older checkout: neither the files nor their ways down.
    await shop.migrations(ORDERS, WITHOUT_NEWER);
    await deploy(shop, one, { database: ORDERS, to: "004_typo" });
    const unknown = await shop.up();
    expect(unknown.ok).toBe(false);
    expect(unknown.output).toContain("rollback.to");
    expect(unknown.output).toContain(
      '"004_typo" is not among the migrations of battlescope_ingestion',
    );
    expect(changing(unknown), "refused before anything").toEqual([]);

    await deploy(shop, one, { database: ORDERS, to: "009_typo", delaySeconds: 0 });
    const absent = await shop.up();
    expect(absent.ok).toBe(false);
    expect(errorText(absent)).toContain("009_typo is not applied, so there is no way down to it");
    expect(errorText(absent)).toContain(
      "next: name one of the history (newest: 007_create_notes, 006_add_price, 005_create_service_heartbeats, 001_create_things), or 0 for all",
    );

    await deploy(shop, one, { database: ORDERS, to: OLD.at(-1) });
    const refused = await shop.up();
    expect(refused.ok).toBe(false);
    expect(errorText(refused)).toContain("007_create_notes drops the table notes: 3 rows");
    expect(errorText(refused)).toContain("006_add_price drops the column things.price: 2 values");
    expect(errorText(refused)).toContain("--allow-data-loss");
    expect(refused.output).toContain("Its services run on the images that the stack names.");
    expect(await historyNames(shop, ORDERS), "nothing was undone").toEqual(before);
    expect(await shop.cluster.readyImages(ORDERS_SERVICE), "the service is back already").toEqual([
      one,
    ]);
    note(`refused in ${refused.seconds} s:\n${errorText(refused)}`);

    await deploy(shop, one, { database: ORDERS, to: OLD.at(-1), allowDataLoss: true });
    const back = await expectUp(shop);
    expect(await historyNames(shop, ORDERS)).toEqual(OLD);
    expect(await shop.cluster.readyImages(ORDERS_SERVICE)).toEqual([one]);
    const log = await rollbackLog(shop);
    const said = [
      "before: at 007_create_notes, 4 in the history",
      "will undo: 007_create_notes, 006_add_price",
      "will lose: 007_create_notes drops the table notes: 3 rows",
      "will lose: 006_add_price drops the column things.price: 2 values",
      "begins in 10 s; end this process to stop it, nothing was changed yet",
      "after: at 005_create_service_heartbeats, 2 in the history",
    ];
    for (const sentence of said) expect(log).toContain(sentence);
    expect(back.seconds, "the delay").toBeGreaterThan(10);
    expect(back.output).toContain(
      "undid 007_create_notes, 006_add_price; at 005_create_service_heartbeats",
    );
    note(`back in ${back.seconds} s:\n${log}`);

    expect(changeLines(await expectUp(shop)), "once more").toEqual([]);
    await restartPods(shop);
    note("one more up: no change; a pod that restarts passes its gate");

    // The newer checkout again, while the key stands: nothing goes forward.
    await shop.migrations(ORDERS, NEWER);
    await expectUp(shop);
    expect(await historyNames(shop, ORDERS)).toEqual(OLD);
    await restartPods(shop);
    note("newer files under the key: not run, not waited for");

    await deploy(shop, two, null);
    const preview = await shop.preview();
    const forward = `${shop.name}-battlescope-ingestion-migration-job`;
    expect(changing(preview).map(({ op, name }) => `${op} ${name}`)).toContain(
      `create-replacement ${forward}`,
    );
    note(`the release's preview: ${changeLines(preview).join("; ")}`);
    await expectUp(shop);
    expect(await historyNames(shop, ORDERS)).toEqual(before);
  },
  LONG,
);

scenario(
  "29: the last batch is undone once, however often the stack is deployed, and again after a release",
  async ({ stack, images, note }) => {
    const shop = await stack({ part: "batch", ...(await tinyPlatform(await images.service("1"))) });
    await expectUp(shop);
    await shop.migrations(ORDERS, {
      "006_colours.sql": "create table colours (id int);\n",
      "006_colours.down.sql": "drop table colours;\n",
    });
    await expectUp(shop);
    await shop.migrations(ORDERS, {
      "007_sizes.sql": "create table sizes (id int);\n",
      "007_sizes.down.sql": "drop table sizes;\n",
      "008_shapes.sql": "create table shapes (id int);\n",
      "008_shapes.down.sql": "drop table shapes;\n",
    });
    await expectUp(shop);
    const all = [...OLD, "006_colours", "007_sizes", "008_shapes"];
    const rest = [...OLD, "006_colours"];
    expect(await historyNames(shop, ORDERS)).toEqual(all);

    const rollback = { database: ORDERS, to: "last-batch", delaySeconds: 1 };
    await shop.configure({ rollback });
    const back = await expectUp(shop);
    expect(await historyNames(shop, ORDERS)).toEqual(rest);
    expect(back.output).toContain("undid 008_shapes, 007_sizes; at 006_colours");
    expect(changeLines(await expectUp(shop)), "once more").toEqual([]);
    await shop.configure({ rollback: { ...rollback, delaySeconds: 0 } });
    const again = await expectUp(shop);
    expect(changing(again).map(({ name }) => name)).toContain(
      `${shop.name}-battlescope-ingestion-rollback-job`,
    );
    expect(again.output).toContain("nothing to undo; at 006_colours");
    expect(await historyNames(shop, ORDERS), "the batch before it stays").toEqual(rest);
    note(`the Job again: ${lineWith(again.output, "nothing to undo")}`);

    await restartPods(shop);
    await shop.cluster.kubectl(
      "create",
      "job",
      "by-hand",
      "--from=cronjob/battlescope-ingestion-migrate-manual",
    );
    await shop.cluster.kubectl("wait", "--for=condition=complete", "job/by-hand", "--timeout=120s");
    expect(await historyNames(shop, ORDERS), "a run by hand does not go forward").toEqual(rest);
    note("pods start on the older schema; a run by hand does not go forward");

    await shop.configure({ rollback: "" });
    await expectUp(shop);
    expect(await historyNames(shop, ORDERS), "released").toEqual(all);
    await shop.configure({ rollback });
    await expectUp(shop);
    expect(await historyNames(shop, ORDERS), "another order").toEqual(rest);
  },
  LONG,
);

/** The image that the stack names, and its rollback; `null`: none. */
async function deploy(
  shop: TestStack,
  image: string,
  rollback: object | null = null,
): Promise<void> {
  await shop.configure({
    services: { [ORDERS_SERVICE]: sampleService(ORDERS_SERVICE, ORDERS, image) },
    rollback: rollback ?? "",
  });
}

async function rollbackLog(shop: TestStack): Promise<string> {
  return await shop.cluster.kubectl(
    "logs",
    "--selector",
    "tidegate.dev/run=rollback",
    "--container",
    "rollback",
    "--tail=-1",
  );
}

/** Deletes the service's pods and waits until others have passed their gates. */
async function restartPods(shop: TestStack): Promise<void> {
  const old = (await shop.cluster.pods(ORDERS_SERVICE)).map(({ metadata }) => metadata.name);
  await shop.cluster.kubectl("delete", "pod", ...old, "--wait=false");
  await until("new pods ready", async () => {
    const pods = await shop.cluster.pods(ORDERS_SERVICE);
    return pods.length > 0 && pods.every((pod) => isReady(pod) && !old.includes(pod.metadata.name));
  });
}
