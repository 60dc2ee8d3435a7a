import { expect } from "vitest";
import { until } from "./observe.ts";
import { changing } from "./outcome.ts";
import { ORDERS, ORDERS_SERVICE, slowMigration, tinyPlatform } from "./platforms.ts";
import { history, runningStatements, seeStatement } from "./postgres.ts";
import { secondsSince } from "./report.ts";
import { runRunbook } from "./runbook.ts";
import { scenario } from "./scenario.ts";
import type { TestStack } from "./test-stack.ts";

/** How long the migration is in flight: longer than the next `up` needs to make its Job's pod. */
const SLOW_SECONDS = 25;

scenario(
  "11: Ctrl-C during a migration, and up again at once while the old Job runs",
  async ({ stack, images, note }) => {
    const shop = await stack({
      part: "ctrl-c",
      ...(await tinyPlatform(await images.service("1"))),
    });
    await shop.migrations(ORDERS, { "006_slow.sql": slowMigration(SLOW_SECONDS) });
    const first = shop.start("up", "--yes", "--skip-preview");
    await seeStatement(shop, ORDERS, "pg_sleep");
    first.kill("SIGINT");
    expect(await first.ended, first.output()).not.toBe(0);
    expect((await runningStatements(shop, ORDERS, "pg_sleep")).length, "the old Job runs on").toBe(
      1,
    );
    expect((await shop.cluster.pods(ORDERS_SERVICE)).length).toBe(0);

    const again = await shop.up();
    expect(again.ok, again.output).toBe(true);
    await expectOnceAndFree(shop);
    expect((await shop.cluster.jobs(ORDERS)).length, "the replaced Job is gone").toBe(1);
    expect((await shop.cluster.pods(ORDERS_SERVICE)).length).toBe(1);
    note(`up after Ctrl-C: ${again.seconds} s`);
  },
);

scenario(
  "11: the CLI is killed during a migration; cancel, up, and the runbook's command",
  async ({ stack, images, note, engine }) => {
    const shop = await stack({
      part: "killed",
      ...(await tinyPlatform(await images.service("1"))),
    });
    const first = await shop.up();
    expect(first.ok, first.output).toBe(true);
    await shop.migrations(ORDERS, { "006_slow.sql": slowMigration(SLOW_SECONDS) });
    const started = performance.now();
    const killed = shop.start("up", "--yes", "--skip-preview");
    await seeStatement(shop, ORDERS, "pg_sleep");
    killed.kill("SIGKILL");
    expect(await killed.ended).toBe(null);

    const locked = await shop.cli("up", "--yes", "--skip-preview");
    expect(locked.code).not.toBe(0);
    expect(locked.output).toContain("pulumi cancel");
    expect((await runningStatements(shop, ORDERS, "pg_sleep")).length, "the old Job runs on").toBe(
      1,
    );
    const printed = await runRunbook(shop, engine, "An `up` was killed");
    await expectOnceAndFree(shop);
    const orphans = [...printed.matchAll(/^job\.batch "(\S+)" deleted/gm)].map(([, job]) => job);
    expect(orphans.length, printed).toBe(1);
    const left = (await shop.cluster.jobs(ORDERS)).map(({ metadata }) => metadata.name);
    const own = (await shop.resources()).filter(({ urn }) => urn.endsWith("-migration-job"));
    expect(left.map((name) => `${shop.name}/${name}`)).toEqual(own.map(({ id }) => id));
    note(`the runbook's commands, in ${secondsSince(started)} s: deleted ${orphans.join(", ")}`);
    expect(changing(await shop.up({ refresh: true })), "the state is the cluster's").toEqual([]);
  },
);

/** Each migration is applied once, and no lock, connection or statement of a runner is left. */
async function expectOnceAndFree(shop: TestStack): Promise<void> {
  expect(await history(shop, ORDERS)).toEqual([
    { name: "001_create_things", outcome: "applied" },
    { name: "005_create_service_heartbeats", outcome: "applied" },
    { name: "006_slow", outcome: "applied" },
  ]);
  expect(await shop.query(ORDERS, "select id from slow")).toEqual([{ id: 1 }]);
  await until("no advisory lock and no login of the migrator", async () => {
    const rows = await shop.query(
      ORDERS,
      `select pid from pg_locks where locktype = 'advisory'
       union all select pid from pg_stat_activity where usename = '${ORDERS}_migrator'`,
    );
    return rows.length === 0;
  });
  const state = await shop.resources();
  expect(state.filter(({ initErrors }) => (initErrors ?? []).length > 0)).toEqual([]);
  const preview = await shop.preview();
  expect(changing(preview), preview.output).toEqual([]);
}
