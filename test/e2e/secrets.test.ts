import { expect } from "vitest";
import { findPasswords, generatedPasswords, searchLeaks, serverLog } from "./leaks.ts";
import { ORDERS, smallPlatform, tinyPlatform } from "./platforms.ts";
import { until } from "./observe.ts";
import { scenario } from "./scenario.ts";

/** A migration that fails: its message, and what the server logs of it, are places too. */
const BROKEN = "create table secret_things (id int);\nselect 1 / 0;\n";

scenario(
  "17: no password leaks, by both ways of provisioning, with changes pending and after a failure",
  async ({ stack, images, note }) => {
    const platform = await smallPlatform(await images.service("1"));
    for (const provisioning of ["provider", "job"]) {
      const shop = await stack({
        part: provisioning,
        ...platform,
        config: { ...platform.config, provisioning },
      });
      const first = await shop.up();
      expect(first.ok, first.output).toBe(true);
      await shop.migrations(ORDERS, { "006_broken.sql": BROKEN });
      const failed = await shop.up();
      expect(failed.ok).toBe(false);
      // A change is pending now, so that the preview has something to show.
      const { passwords, leaks, searched } = await searchLeaks(shop);
      expect(leaks).toEqual([]);
      // The admin's, the migrators', and two logins of each service.
      expect(passwords).toBe(7);
      for (const [place, size] of Object.entries(searched)) expect(size, place).toBeGreaterThan(0);
      note(
        `${provisioning}: ${passwords} passwords, none found in ${Object.keys(searched).join("; ")}`,
      );

      // The search itself finds what is there: the same passwords in the state with its secrets shown.
      const all = await generatedPasswords(shop);
      const shown = findPasswords("state", await shop.exportText({ secrets: true }), all);
      expect(shown.length).toBeGreaterThanOrEqual(all.length);
    }
  },
);

scenario(
  "17: with passwords: plain the search finds them in the log of Postgres",
  async ({ stack, images, note }) => {
    const platform = await tinyPlatform(await images.service("1"));
    const shop = await stack({
      part: "plain",
      ...platform,
      config: { ...platform.config, passwords: "plain" },
      searchLeaks: false,
    });
    const first = await shop.up();
    expect(first.ok, first.output).toBe(true);
    const all = await generatedPasswords(shop);
    const log = await until("statements in the log of Postgres", async () => {
      const text = await serverLog(shop);
      return text.includes("CREATE ROLE") ? text : undefined;
    });
    const found = findPasswords("log", log, all);
    expect(found.length).toBeGreaterThan(0);
    note(
      `passwords: plain: ${found.length} lines of the server's log hold one, and the search finds them`,
    );
    const { leaks } = await searchLeaks(shop);
    expect([...new Set(leaks.map(({ place }) => place))]).toEqual(["log of Postgres"]);
  },
);
