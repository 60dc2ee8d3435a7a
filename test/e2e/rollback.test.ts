import { expect } from "vitest";
import { isReady } from "./cluster.ts";
import { errorText } from "./outcome.ts";
import { ORDERS, ORDERS_SERVICE, sampleService, smallDatabase, tinyPlatform } from "./platforms.ts";
import { scenario } from "./scenario.ts";

scenario(
  "16: an older release on a database that is ahead passes with a notice, unless the spec says strict",
  async ({ stack, images, note }) => {
    const [one, two] = [await images.service("1"), await images.service("2")];
    const shop = await stack({ part: "ahead", ...(await tinyPlatform(two)) });
    await shop.migrations(ORDERS, {
      "006_add_price.sql": "alter table things add column price numeric;\n",
    });
    const first = await shop.up();
    expect(first.ok, first.output).toBe(true);

    await shop.migrations(ORDERS, { "006_add_price.sql": null });
    await shop.configure({
      services: { [ORDERS_SERVICE]: sampleService(ORDERS_SERVICE, ORDERS, one) },
    });
    const older = await shop.up();
    expect(older.ok, older.output).toBe(true);
    const pods = await shop.cluster.pods(ORDERS_SERVICE);
    expect(pods.map((pod) => [pod.spec?.containers?.[0]?.image, isReady(pod)])).toEqual([
      [one, true],
    ]);
    const [pod] = await shop.cluster.jobPods(ORDERS);
    const log = await shop.cluster.kubectl(
      "logs",
      pod?.metadata.name ?? "",
      "--container",
      "migrate",
    );
    expect(log).toContain("the database is ahead of this folder by 1: 006_add_price");
    note(
      `older release: up ${older.seconds} s; ${log.split("\n").find((line) => line.includes("ahead of")) ?? ""}`,
    );
    expect(older.output).toContain("ahead of this folder by 1: 006_add_price");

    await shop.configure({ databases: { [ORDERS]: smallDatabase(ORDERS, { ahead: "refuse" }) } });
    const refused = await shop.up();
    expect(refused.ok).toBe(false);
    expect(errorText(refused)).toContain("006_add_price");
    note(
      `strict: ${
        errorText(refused)
          .split("\n")
          .find((line) => line.includes("006")) ?? ""
      }`,
    );
    const still = await shop.cluster.pods(ORDERS_SERVICE);
    expect(still.map(isReady)).toEqual([true]);
  },
);
