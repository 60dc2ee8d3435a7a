import { expect } from "vitest";
import { errorText, lineWith } from "./outcome.ts";
import { baseArgs, buildPlainService } from "./runner-images.ts";
import { API, ask, ownerOf, rollBack, shopConfig } from "./runner-platform.ts";
import { scenario } from "./scenario.ts";

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
