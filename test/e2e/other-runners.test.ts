import { expect } from "vitest";
import { identities, isReady } from "./cluster.ts";
import { until } from "./observe.ts";
import { changeLines, errorText } from "./outcome.ts";
import { baseArgs, buildExample, buildPlainService } from "./runner-images.ts";
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

    await shop.project.write("shop/migrations/20261103090000_broken.js", BROKEN);
    const failed = await shop.up();
    expect(failed.ok).toBe(false);
    expect(errorText(failed)).toContain('relation "thing" does not exist');
    const reason = errorText(failed)
      .split("\n")
      .find((line) => line.includes('relation "thing" does not exist'));
    note(`a failing one in ${failed.seconds} s: ${reason?.trim().slice(0, 240) ?? ""}`);
    expect(identities(await shop.cluster.pods(API))).toEqual(before);
    // A failed migration holds no old pod that restarts.
    await shop.cluster.kubectl("delete", "pods", "--selector", `app.kubernetes.io/name=${API}`);
    await until("a new pod that is ready", async () =>
      (await shop.cluster.pods(API)).some(isReady),
    );

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
);

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

scenario(
  "go: a program of one's own, built by the stack; its command is the pods' gate",
  async ({ stack, engine, note }) => {
    const service = await buildPlainService(engine);
    const args = await baseArgs("golang:1.26");
    const runner = {
      build: { context: "examples/other-runners/go", args },
      args: ["up"],
      user: 65532,
      history: { command: ["/migrate", "status"] },
      migrations: "examples/other-runners/go/migrations",
      rollback: { args: ["down"] },
    };
    const folder = "examples/other-runners/go/migrations";
    const shop = await stack({ part: "go", config: shopConfig(runner, service) });
    const first = await shop.up();
    expect(first.ok, first.output).toBe(true);
    note(`from nothing, with the build of the image, in ${first.seconds} s`);
    expect(await ownerOf(shop, "public.go_migrations")).toBe("shop_owner");
    expect(await ask(shop, "insert into things (name) values ('bolt') returning name")).toEqual({
      rows: [{ name: "bolt" }],
    });
    const [pod] = await shop.cluster.pods(API);
    expect(pod?.status?.initContainerStatuses?.map(({ name }) => name)).toEqual([
      "schema-gate-shop",
    ]);
    const said = await shop.cluster.kubectl(
      "logs",
      `deployment/${API}`,
      "--container=schema-gate-shop",
    );
    expect(said).toContain("nothing is missing");
    note(`the pods' gate: ${said.trim()}`);

    await shop.project.write(
      `${folder}/002_price.sql`,
      "alter table things add column price int;\n",
    );
    await shop.project.write(
      `${folder}/002_price.down.sql`,
      "alter table things drop column price;\n",
    );
    const second = await shop.up();
    expect(second.ok, second.output).toBe(true);
    note(`one more file, and with it an image, in ${second.seconds} s`);
    expect(await ask(shop, "select price from things")).toEqual({ rows: [{ price: null }] });

    await shop.project.write(
      `${folder}/003_bad.sql`,
      "-- colours\nalter table thing add colour text;\n",
    );
    const failed = await shop.up();
    expect(failed.ok).toBe(false);
    expect(errorText(failed)).toContain('003_bad.sql: ERROR: relation "thing" does not exist');
    note(`a failing one in ${failed.seconds} s: ${lineWith(errorText(failed), "003_bad")}`);
    await shop.project.remove(`${folder}/003_bad.sql`);

    const rolled = await rollBack(shop, "shop-rollback-1");
    expect(rolled.succeeded, rolled.log).toBe(true);
    expect(rolled.log).toContain("took back 002_price");
    note(`kubectl create job --from=cronjob/shop-rollback: ${rolled.log.trim()}`);
    expect((await ask(shop, "select price from things")).code).toBe("42703");
  },
  1_800_000,
);

const REVISION = (id: string, after: string, up: string, down: string): string =>
  [
    "from alembic import op",
    "",
    `revision: str = "${id}"`,
    `down_revision: str | None = "${after}"`,
    "",
    "",
    "def upgrade() -> None:",
    `    op.execute("${up}")`,
    "",
    "",
    "def downgrade() -> None:",
    `    op.execute("${down}")`,
    "",
  ].join("\n");

scenario(
  "alembic: upgrade head with libpq's variables; the gate counts ancestors, and downgrade -1 takes one back",
  async ({ stack, engine, note }) => {
    const service = await buildPlainService(engine);
    const runner = {
      image: await buildExample(engine, "alembic", await baseArgs("python:3.13-slim")),
      args: ["upgrade", "head"],
      connection: "pg",
      env: { PYTHONPATH: "/app" },
      history: "alembic",
      migrations: "shop/versions",
      mount: "/app/migrations/versions",
      rollback: { args: ["downgrade", "-1"] },
    };
    const shop = await stack({
      part: "alembic",
      config: shopConfig(runner, service),
      files: await exampleFiles("alembic/migrations/versions", "shop/versions"),
    });
    const first = await shop.up();
    expect(first.ok, first.output).toBe(true);
    note(`from nothing in ${first.seconds} s`);
    expect(await ownerOf(shop, "public.alembic_version")).toBe("shop_owner");
    expect(await ask(shop, "insert into things (name) values ('bolt') returning name")).toEqual({
      rows: [{ name: "bolt" }],
    });
    const forge = "update alembic_version set version_num = 'ffffffffffff'";
    expect((await ask(shop, forge)).code).toBe("42501");

    await shop.project.write(
      "shop/versions/2a_price.py",
      REVISION(
        "2a7e41d09c55",
        "1f0a6c2d7b31",
        "alter table things add column price int",
        "alter table things drop column price",
      ),
    );
    const second = await shop.up();
    expect(second.ok, second.output).toBe(true);
    note(`one more revision in ${second.seconds} s`);
    expect(await ask(shop, "select price from things")).toEqual({ rows: [{ price: null }] });

    await shop.project.write(
      "shop/versions/3b_bad.py",
      REVISION("3b90c7f2aa10", "2a7e41d09c55", "alter table thing add colour text", "select 1"),
    );
    const failed = await shop.up();
    expect(failed.ok).toBe(false);
    expect(errorText(failed)).toContain('relation "thing" does not exist');
    note(`a failing one in ${failed.seconds} s: ${lineWith(errorText(failed), "UndefinedTable")}`);
    await shop.project.remove("shop/versions/3b_bad.py");

    const rolled = await rollBack(shop, "shop-rollback-1");
    expect(rolled.succeeded, rolled.log).toBe(true);
    note(`alembic downgrade -1: ${rolled.log.trim().split("\n").at(-1) ?? "no output"}`);
    expect((await ask(shop, "select price from things")).code).toBe("42703");
    await shop.project.remove("shop/versions/2a_price.py");
    const released = await shop.up();
    expect(released.ok, released.output).toBe(true);
    expect(await shop.query(SHOP, "select version_num as at from alembic_version")).toEqual([
      { at: "1f0a6c2d7b31" },
    ]);

    // The check before the tool: a migrator that has lost its role would make what nobody can use.
    await shop.query("postgres", "alter role shop_migrator reset role");
    await shop.configure({ databases: { [SHOP]: { runner, run: 1 } } });
    const unfit = await shop.up();
    expect(unfit.ok).toBe(false);
    const because = "the current role is shop_migrator, and the database belongs to shop_owner";
    expect(unfit.output).toContain(because);
    note(`a check that fails: ${lineWith(unfit.output, because)}`);
  },
  1_800_000,
);

/** The line of a text that holds a part of it. */
function lineWith(text: string, part: string): string {
  const line = text.split("\n").find((each) => each.includes(part)) ?? "";
  return line.trim().slice(0, 300);
}
