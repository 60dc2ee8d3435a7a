import { expect } from "vitest";
import { identities, isReady } from "./cluster.ts";
import { migrationJobUrn } from "./logical-names.ts";
import { migrationFiles, mountedFiles } from "./migration-files.ts";
import { until } from "./observe.ts";
import { changeLines, changing, errorText, lineWith } from "./outcome.ts";
import { buildExample, buildPlainService } from "./runner-images.ts";
import { API, ask, exampleFiles, ownerOf, rollBack, SHOP, shopConfig } from "./runner-platform.ts";
import { scenario } from "./scenario.ts";

const PRICES = `export const up = (knex) => knex.schema.alterTable("things", (table) => table.integer("price"));
export const down = (knex) => knex.schema.alterTable("things", (table) => table.dropColumn("price"));
`;
const BROKEN = `export const up = (knex) => knex.raw("alter table thing add column colour text");
export const down = () => undefined;
`;

scenario(
  "knex: a database that Knex migrates, its files mounted: applied, refused with its reason, taken back",
  async ({ stack, engine, note }) => {
    const service = await buildPlainService(engine);
    const runner = {
      image: await buildExample(engine, "knex"),
      args: ["migrate:latest"],
      env: { NODE_ENV: "production", DEBUG: "knex:tx" },
      history: "knex",
      migrations: "shop/migrations",
      mount: "/app/migrations",
      rollback: { args: ["migrate:rollback"] },
    };
    const shop = await stack({
      part: "knex",
      config: shopConfig(runner, service),
      files: await exampleFiles("knex/migrations", "shop/migrations"),
    });
    const first = await shop.up();
    expect(first.ok, first.output).toBe(true);
    note(`from nothing in ${first.seconds} s: ${changeLines(first).length} resources`);
    expect(await ownerOf(shop, "public.things")).toBe("shop_owner");
    expect(await ownerOf(shop, "public.knex_migrations")).toBe("shop_owner");

    // The app can use what the tool made, and cannot write the history that opens its gate.
    expect(await ask(shop, "insert into things (name) values ('bolt') returning name")).toEqual({
      rows: [{ name: "bolt" }],
    });
    const forge =
      "insert into knex_migrations (name, batch, migration_time) values ('20990101000000_x.js', 9, now())";
    expect((await ask(shop, forge)).code).toBe("42501");
    expect((await ask(shop, "update knex_migrations_lock set is_locked = 1")).code).toBe("42501");

    const again = await shop.up();
    expect(changeLines(again)).toEqual([]);
    note(`unchanged: no change in ${again.seconds} s`);

    await shop.project.write("shop/migrations/20261102090000_add_price.js", PRICES);
    const before = identities(await shop.cluster.pods(API));
    const second = await shop.up();
    expect(second.ok, second.output).toBe(true);
    const changed = changeLines(second).filter((line) => !line.includes("delete"));
    note(`one more file in ${second.seconds} s: ${changed.join("; ")}`);
    expect(changed.some((line) => line.includes("Deployment"))).toBe(false);
    expect(identities(await shop.cluster.pods(API))).toEqual(before);
    expect(await ask(shop, "select price from things")).toEqual({ rows: [{ price: null }] });

    const good = await migrationFiles(shop, SHOP);
    expect(good).toHaveLength(1);
    expect(await mountedFiles(shop, "cronjob/shop-rollback")).toEqual(good);
    await shop.project.write("shop/migrations/20261103090000_broken.js", BROKEN);
    // The Job alone would apply the files of the release before, and open the gate with them.
    const alone = await shop.up({ target: [migrationJobUrn(shop, SHOP)] });
    expect(alone.ok).toBe(false);
    const reason =
      "database 'shop': the migrations that its pods are to apply were left out of this update.";
    expect(errorText(alone)).toContain(reason);
    expect(errorText(alone)).toContain(`pulumi up --target '**::${shop.name}-shop-*'`);
    expect(await migrationFiles(shop, SHOP)).toEqual(good);
    note(`the Job alone: ${lineWith(errorText(alone), reason)}`);

    const failed = await shop.up();
    expect(failed.ok).toBe(false);
    expect(errorText(failed)).toContain('relation "thing" does not exist');
    const because = lineWith(errorText(failed), 'relation "thing" does not exist');
    note(`a failing one in ${failed.seconds} s: ${because}`);
    expect(identities(await shop.cluster.pods(API))).toEqual(before);
    // A failed migration holds no old pod that restarts.
    await shop.cluster.kubectl("delete", "pods", "--selector", `app.kubernetes.io/name=${API}`);
    await until("a new pod that is ready", async () =>
      (await shop.cluster.pods(API)).some(isReady),
    );

    // Failed twice, with other contents: both wait for their deletion beside the good one.
    await shop.project.write("shop/migrations/20261103090000_broken.js", `${BROKEN}\n`);
    expect((await shop.up()).ok).toBe(false);
    expect(await migrationFiles(shop, SHOP)).toHaveLength(3);
    expect(await mountedFiles(shop, "cronjob/shop-rollback"), "the last good one's").toEqual(good);
    await shop.project.remove("shop/migrations/20261103090000_broken.js");
    const back = await shop.up();
    expect(back.ok, back.output).toBe(true);
    const left = await migrationFiles(shop, SHOP);
    expect(left).toHaveLength(1);
    expect(left).not.toEqual(good);
    expect(await mountedFiles(shop, "cronjob/shop-rollback")).toEqual(left);
    expect(changing(back).map(({ type }) => type)).not.toContain("kubernetes:apps/v1:Deployment");
    expect(changeLines(await shop.up()), "once more").toEqual([]);
    note(`taken back in ${back.seconds} s: ${good.join()} is ${left.join()}`);

    await shop.project.write("shop/migrations/20261103090000_broken.js", BROKEN);
    expect((await shop.up()).ok).toBe(false);
    await shop.project.remove("shop/migrations/20261103090000_broken.js");
    const rolled = await rollBack(shop, "shop-rollback-1");
    expect(rolled.log).toContain("Batch 2 rolled back: 1 migrations");
    expect(rolled.succeeded).toBe(true);
    note(
      `kubectl create job --from=cronjob/shop-rollback: ${rolled.log.trim().split("\n").at(-1)}`,
    );
    expect((await ask(shop, "select price from things")).code).toBe("42703");
    await shop.project.remove("shop/migrations/20261102090000_add_price.js");
    const released = await shop.up();
    expect(released.ok, released.output).toBe(true);
    const names = await shop.query<{ name: string }>(SHOP, "select name from knex_migrations");
    expect(names).toEqual([{ name: "20261101090000_create_things.js" }]);
    await shop.cluster.kubectl("delete", "pods", "--selector", `app.kubernetes.io/name=${API}`);
    await until("a pod of the older schema that is ready", async () =>
      (await shop.cluster.pods(API)).some(isReady),
    );
  },
  // Ten ups, also on a machine that does much else.
  1_800_000,
);
