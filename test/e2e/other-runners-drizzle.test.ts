import { expect } from "vitest";
import { errorText, lineWith } from "./outcome.ts";
import { buildExample, buildPlainService } from "./runner-images.ts";
import { ask, exampleFiles, ownerOf, rollBack, SHOP, shopConfig } from "./runner-platform.ts";
import { scenario } from "./scenario.ts";

const JOURNAL = (...tags: readonly string[]): string =>
  JSON.stringify({
    version: "7",
    dialect: "postgresql",
    entries: tags.map((tag, idx) => ({
      idx,
      version: "7",
      when: 1_793_523_600_000 + idx,
      tag,
      breakpoints: true,
    })),
  });

scenario(
  "drizzle: the image holds the files; one without the newest is found out, a script chosen by name takes one back",
  async ({ stack, engine, note }) => {
    const service = await buildPlainService(engine);
    const price = {
      "migrations/meta/_journal.json": JOURNAL("0000_create_things", "0001_add_price"),
      "migrations/0001_add_price.sql": 'ALTER TABLE "things" ADD COLUMN "price" integer;\n',
      "rollback/0001_rollback.sql": 'ALTER TABLE "things" DROP COLUMN "price";\n',
    };
    const broken = {
      ...price,
      "migrations/meta/_journal.json": JOURNAL("0000_create_things", "0001_add_price", "0002_bad"),
      "migrations/0002_bad.sql": 'ALTER TABLE "thing" ADD COLUMN "colour" text;\n',
    };
    const runner = (image: string): Readonly<Record<string, unknown>> => ({
      image,
      env: { NODE_ENV: "production" },
      history: "drizzle",
      migrations: "shop/migrations",
      rollback: { args: ["rollback.js"] },
    });
    const one = await buildExample(engine, "drizzle");
    const shop = await stack({
      part: "drizzle",
      config: shopConfig(runner(one), service),
      files: await exampleFiles("drizzle/migrations", "shop/migrations"),
    });
    const write = async (files: Readonly<Record<string, string>>): Promise<void> => {
      for (const [path, text] of Object.entries(files))
        await shop.project.write(`shop/${path}`, text);
    };
    const first = await shop.up();
    expect(first.ok, first.output).toBe(true);
    note(`from nothing in ${first.seconds} s`);
    expect(await ownerOf(shop, "public.things")).toBe("shop_owner");
    expect(await ownerOf(shop, "drizzle.__drizzle_migrations")).toBe("shop_owner");
    expect(await ask(shop, "insert into things (name) values ('bolt') returning name")).toEqual({
      rows: [{ name: "bolt" }],
    });
    const forge = "insert into drizzle.__drizzle_migrations (hash, created_at) values ('x', 1)";
    expect((await ask(shop, forge)).code).toBe("42501");

    // The folder has a file that the image has not: Drizzle ends well, and nothing has happened.
    await write(price);
    const skipped = await shop.up();
    expect(skipped.ok).toBe(false);
    expect(errorText(skipped)).toContain("shop: missing; waiting for 0001_add_price");
    expect(errorText(skipped)).toContain("build its image with these files");
    note(`an image without the newest file: ${lineWith(errorText(skipped), "waiting for")}`);

    await shop.configure(
      shopConfig(runner(await buildExample(engine, "drizzle", {}, price)), service),
    );
    const second = await shop.up();
    expect(second.ok, second.output).toBe(true);
    note(`with its file in ${second.seconds} s`);
    expect(await ask(shop, "select price from things")).toEqual({ rows: [{ price: null }] });

    await write(broken);
    await shop.configure(
      shopConfig(runner(await buildExample(engine, "drizzle", {}, broken)), service),
    );
    const failed = await shop.up();
    expect(failed.ok).toBe(false);
    expect(errorText(failed)).toContain('42P01: relation "thing" does not exist');
    note(`a failing one in ${failed.seconds} s: ${lineWith(errorText(failed), "42P01")}`);

    // The CronJob is still that of the last good image.
    const refused = await rollBack(shop, "shop-rollback-1", "ROLLBACK_SCRIPT=0000_rollback.sql");
    expect(refused.succeeded).toBe(false);
    expect(refused.log).toContain("0000_create_things is not the newest migration");
    const rolled = await rollBack(shop, "shop-rollback-2", "ROLLBACK_SCRIPT=0001_rollback.sql");
    expect(rolled.succeeded, rolled.log).toBe(true);
    expect(rolled.log).toContain("0001_add_price was taken back by 0001_rollback.sql");
    note(`ROLLBACK_SCRIPT: ${rolled.log.trim()}`);
    expect((await ask(shop, "select price from things")).code).toBe("42703");

    await write({ "migrations/meta/_journal.json": JOURNAL("0000_create_things") });
    await shop.configure(shopConfig(runner(one), service));
    const released = await shop.up();
    expect(released.ok, released.output).toBe(true);
    expect(
      await shop.query(SHOP, "select count(*)::int as count from drizzle.__drizzle_migrations"),
    ).toEqual([{ count: 1 }]);
  },
  1_800_000,
);
