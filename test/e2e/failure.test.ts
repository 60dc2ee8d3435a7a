import { expect } from "vitest";
import { identities, isReady } from "./cluster.ts";
import { describeLoad, withLoad } from "./load.ts";
import { errorText } from "./outcome.ts";
import {
  ORDERS,
  ORDERS_SERVICE,
  sampleService,
  smallPlatform,
  STOCK,
  STOCK_SERVICE,
  tinyPlatform,
} from "./platforms.ts";
import { history, historyNames } from "./postgres.ts";
import { scenario } from "./scenario.ts";

scenario(
  "4: a failing migration with a new image, under load: the old pods serve, other gates' services roll",
  async ({ stack, images, note }) => {
    const [one, two] = [await images.service("1"), await images.service("2")];
    const shop = await stack({ part: "fail", ...(await smallPlatform(one)) });
    const first = await shop.up();
    expect(first.ok, first.output).toBe(true);
    const before = identities(await shop.cluster.pods(ORDERS_SERVICE));

    await shop.migrations(ORDERS, {
      "006_broken.sql": "alter table things add column price numeric;\n\nselect 1 / 0;\n",
    });
    await shop.migrations(STOCK, {
      "006_add_price.sql": "alter table things add column price numeric;\n",
    });
    await shop.configure({
      services: {
        [ORDERS_SERVICE]: sampleService(ORDERS_SERVICE, ORDERS, two),
        [STOCK_SERVICE]: sampleService(STOCK_SERVICE, STOCK, two),
      },
    });
    const asked = { service: ORDERS_SERVICE, port: 3000, image: one };
    const { result: up, load } = await withLoad(shop, asked, () =>
      shop.up({ continueOnError: true }),
    );
    note(`up --continue-on-error: failed as it must in ${up.seconds} s`);
    note(`${ORDERS_SERVICE} (held): ${describeLoad(load)}`);

    expect(up.ok).toBe(false);
    expect(errorText(up)).toContain("006_broken.sql:3: division by zero (SQLSTATE 22012)");
    note(
      `diagnostics: ${
        errorText(up)
          .split("\n")
          .find((line) => line.includes("006_broken")) ?? ""
      }`,
    );

    expect(identities(await shop.cluster.pods(ORDERS_SERVICE))).toEqual(before);
    expect(load.reasons).toEqual([]);
    expect(load.failures).toBe(0);
    expect(Object.keys(load.versions)).toEqual(["1"]);
    expect(load.rate).toBeGreaterThanOrEqual(20);
    expect(await historyNames(shop, ORDERS)).not.toContain("006_broken");

    const stock = await shop.cluster.pods(STOCK_SERVICE);
    expect(stock.map((pod) => [pod.spec?.containers?.[0]?.image, isReady(pod)])).toEqual([
      [two, true],
    ]);
  },
);

scenario(
  "5: after a failure the next up runs a fresh Job, be the cause removed in the database or in the file, or the file taken back",
  async ({ stack, images, note }) => {
    const shop = await stack({ part: "again", ...(await tinyPlatform(await images.service("1"))) });
    const first = await shop.up();
    expect(first.ok, first.output).toBe(true);
    await shop.query(ORDERS, "insert into public.things (name) values ('bolt'), ('bolt')");
    await shop.migrations(ORDERS, {
      "006_unique_names.sql": "create unique index things_name on things (name);\n",
    });
    const failed = await shop.up();
    expect(failed.ok).toBe(false);
    expect(errorText(failed)).toContain("006_unique_names.sql:1: ");
    expect(errorText(failed)).toContain("(SQLSTATE 23505)");
    const [oldJob] = (await shop.cluster.jobs(ORDERS)).filter(({ status }) => status?.failed === 1);
    expect(oldJob).toBeDefined();

    await shop.query(ORDERS, "delete from public.things where id > 1");
    const passed = await shop.up();
    expect(passed.ok, passed.output).toBe(true);
    const jobs = await shop.cluster.jobs(ORDERS);
    expect(jobs.map(({ status }) => status?.succeeded)).toEqual([1]);
    expect(jobs[0]?.metadata.uid).not.toBe(oldJob?.metadata.uid);
    note(
      `cause removed in the database: failed in ${failed.seconds} s, passed in ${passed.seconds} s`,
    );

    await shop.migrations(ORDERS, { "007_price.sql": "alter table thing add column price int;\n" });
    const misspelt = await shop.up();
    expect(misspelt.ok).toBe(false);
    expect(errorText(misspelt)).toContain('007_price.sql:1: relation "thing" does not exist');
    await shop.migrations(ORDERS, {
      "007_price.sql": "alter table things add column price int;\n",
    });
    const corrected = await shop.up();
    expect(corrected.ok, corrected.output).toBe(true);
    expect((await shop.cluster.jobs(ORDERS)).map(({ status }) => status?.succeeded)).toEqual([1]);
    expect(await history(shop, ORDERS)).toEqual(
      ["001_create_things", "005_create_service_heartbeats", "006_unique_names", "007_price"].map(
        (name) => ({ name, outcome: "applied" }),
      ),
    );
    note(`file corrected: failed in ${misspelt.seconds} s, passed in ${corrected.seconds} s`);

    const last = await shop.cluster.jobs(ORDERS);
    await shop.migrations(ORDERS, { "008_wrong.sql": "select 1 / 0;\n" });
    const wrong = await shop.up();
    expect(wrong.ok).toBe(false);
    await shop.migrations(ORDERS, { "008_wrong.sql": null });
    const back = await shop.up();
    expect(back.ok, back.output).toBe(true);
    const [job, ...others] = await shop.cluster.jobs(ORDERS);
    expect(others).toEqual([]);
    expect(job?.status?.succeeded).toBe(1);
    expect(last.map(({ metadata }) => metadata.uid)).not.toContain(job?.metadata.uid);
    note(`file taken back: failed in ${wrong.seconds} s, passed in ${back.seconds} s`);
  },
);
