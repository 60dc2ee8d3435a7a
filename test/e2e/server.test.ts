import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect } from "vitest";
import { during } from "./observe.ts";
import { errorText, lineWith } from "./outcome.ts";
import {
  ORDERS,
  ORDERS_SERVICE,
  sampleService,
  slowMigration,
  smallDatabase,
  tinyPlatform,
} from "./platforms.ts";
import { history, seeStatement } from "./postgres.ts";
import { scenario } from "./scenario.ts";
import type { TestStack } from "./test-stack.ts";

const run = promisify(execFile);

async function docker(shop: TestStack, command: "restart" | "stop" | "start"): Promise<void> {
  const filter = ["--all", "--quiet", "--filter", `name=^${shop.name}-`];
  const { stdout } = await run("docker", ["ps", ...filter]);
  await run("docker", [command, stdout.trim()]);
}

scenario(
  "7: Postgres restarts in the second of three migrations: tried again, without a second pod",
  async ({ stack, images, note }) => {
    const shop = await stack({
      part: "restart",
      ...(await tinyPlatform(await images.service("1"))),
    });
    const first = await shop.up();
    expect(first.ok, first.output).toBe(true);
    await shop.migrations(ORDERS, {
      "006_one.sql": "create table one (id int);\n",
      "007_two.sql": slowMigration(10, "two"),
      "008_three.sql": "create table three (id int);\n",
    });
    const running = shop.up();
    await during(running, seeStatement(shop, ORDERS, "pg_sleep(10)"));
    await docker(shop, "restart");
    const up = await running;
    expect(up.ok, up.output).toBe(true);
    const entries = await history(shop, ORDERS);
    expect(entries.slice(2)).toEqual(
      ["006_one", "007_two", "008_three"].map((name) => ({ name, outcome: "applied" })),
    );
    expect(await shop.query(ORDERS, "select id from public.two")).toEqual([{ id: 1 }]);
    const pods = await shop.cluster.jobPods(ORDERS);
    expect(pods.map(({ status }) => status?.phase)).toEqual(["Succeeded"]);
    const log = await shop.cluster.kubectl(
      "logs",
      pods[0]?.metadata.name ?? "",
      "--container",
      "migrate",
    );
    expect(log).toContain('"event":"retry"');
    note(
      `up: ${up.seconds} s, one pod; ${log.split("\n").find((line) => line.includes("retry")) ?? ""}`,
    );
  },
);

scenario(
  "8: no Postgres: the up itself says so with host, port and reason; no migration is counted as failed",
  async ({ stack, images, note }) => {
    const shop = await stack({ part: "gone", ...(await tinyPlatform(await images.service("1"))) });
    const first = await shop.up();
    expect(first.ok, first.output).toBe(true);
    await docker(shop, "stop");
    // Another container may get the address of the stopped one: nothing must answer in its place.
    await shop.cluster.kubectl("delete", "endpointslice", "postgres-container");
    await shop.migrations(ORDERS, { "006_one.sql": "create table one (id int);\n" });
    const failed = await shop.up();
    expect(failed.ok).toBe(false);
    expect(errorText(failed)).toMatch(
      new RegExp(`postgres\\.${shop.name}\\.svc:5432.*ECONNREFUSED`, "s"),
    );
    note(`up failed after ${failed.seconds} s: ${lineWith(errorText(failed), ":5432")}`);
    expect(failed.seconds, "the deadline of the Job").toBeLessThan(600);
    await docker(shop, "start");
    expect((await history(shop, ORDERS)).map(({ outcome }) => outcome)).toEqual([
      "applied",
      "applied",
    ]);
    const passed = await shop.up({ refresh: true });
    expect(passed.ok, passed.output).toBe(true);
    note(`Postgres is back: up --refresh ${passed.seconds} s`);
  },
);

scenario(
  "8: an image that cannot be pulled, a pod that cannot be scheduled: the up ends at the deadline and names it",
  async ({ engine, stack, images, note }) => {
    const image = await images.service("1");
    const platform = await tinyPlatform(image);
    const deadline = 60;
    const absent = `${engine.registry}/e2e/absent@sha256:${"0".repeat(64)}`;
    const shop = await stack({
      part: "pull",
      ...platform,
      config: {
        databases: { [ORDERS]: smallDatabase(ORDERS, { deadline }) },
        services: { [ORDERS_SERVICE]: sampleService(ORDERS_SERVICE, ORDERS, image) },
        images: { migrator: absent, gate: images.migrator },
      },
    });
    const unpulled = await shop.up();
    expect(unpulled.ok).toBe(false);
    note(
      `no image: up failed after ${unpulled.seconds} s: ${lineWith(unpulled.output, "cannot be pulled or started")}`,
    );
    expect(unpulled.output).toContain(`the image cannot be pulled or started: ${absent}`);
    expect(unpulled.seconds).toBeGreaterThan(deadline);
    expect(await shop.cluster.pods(ORDERS_SERVICE)).toEqual([]);

    await shop.configure({
      images: { migrator: images.migrator },
      databases: {
        [ORDERS]: smallDatabase(ORDERS, { deadline, resources: { requests: { cpu: "1000" } } }),
      },
    });
    const unscheduled = await shop.up();
    expect(unscheduled.ok).toBe(false);
    note(
      `no room: up failed after ${unscheduled.seconds} s: ${lineWith(unscheduled.output, "no node took")}`,
    );
    expect(unscheduled.output).toContain("no node took its pod. It asks for cpu 1000");

    await shop.configure({ databases: { [ORDERS]: smallDatabase(ORDERS) } });
    const passed = await shop.up();
    expect(passed.ok, passed.output).toBe(true);
    note(`both mended: up ${passed.seconds} s`);
  },
);
