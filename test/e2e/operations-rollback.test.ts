import { expect } from "vitest";
import { ORDERS, tinyPlatform } from "./platforms.ts";
import { historyNames } from "./postgres.ts";
import { runRunbook } from "./runbook.ts";
import { scenario } from "./scenario.ts";

const PAGE = "docs/operations.md";

scenario(
  "32: the commands of docs/operations.md run a migration by hand, ask, roll back and release",
  async ({ stack, images, engine, note }) => {
    const shop = await stack({ part: "ops", ...(await tinyPlatform(await images.service("1"))) });
    await shop.migrations(ORDERS, {
      "006_colours.sql": "create table colours (id int);\n",
      "006_colours.down.sql": "drop table colours;\n",
    });
    const first = await shop.up();
    expect(first.ok, first.output).toBe(true);

    const byHand = await runRunbook(shop, engine, "Run a migration by hand", PAGE);
    expect(byHand).toContain('"applied":[],"version":"006_colours"');
    const asked = await runRunbook(shop, engine, "Ask a database where it is", PAGE);
    expect(asked).toContain('"version":"006_colours"');
    expect(asked).toContain('"pending":[]');
    note(asked);

    const back = await runRunbook(shop, engine, "Roll a database back", PAGE, [0]);
    expect(back).toContain("undid 006_colours; at 005_create_service_heartbeats");
    expect(await historyNames(shop, ORDERS)).not.toContain("006_colours");
    await runRunbook(shop, engine, "Roll a database back", PAGE, [1]);
    expect(await historyNames(shop, ORDERS)).toContain("006_colours");
    note("rolled back and released by the page's commands");
  },
);
