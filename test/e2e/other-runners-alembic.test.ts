import { expect } from "vitest";
import { errorText, lineWith } from "./outcome.ts";
import { baseArgs, buildExample, buildPlainService } from "./runner-images.ts";
import { ask, exampleFiles, ownerOf, rollBack, SHOP, shopConfig } from "./runner-platform.ts";
import { scenario } from "./scenario.ts";

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
