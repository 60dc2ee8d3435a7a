import { expect } from "vitest";
import { killContainer } from "./container-process.ts";
import { errorText } from "./outcome.ts";
import { ORDERS, slowMigration, smallDatabase, tinyPlatform } from "./platforms.ts";
import { during, until } from "./observe.ts";
import { history, runningStatements, seeStatement } from "./postgres.ts";
import { type Scenario, scenario } from "./scenario.ts";
import type { TestStack } from "./test-stack.ts";

/** The pod of the Job that is at work now; the cluster shows it a moment after Postgres does. */
async function workingPod(shop: TestStack): Promise<string> {
  return await until("one pod at work", async () => {
    const pods = await shop.cluster.jobPods(ORDERS);
    const working = pods.filter(({ status }) => status?.phase === "Running");
    return working.length === 1 && working[0]?.metadata.name;
  });
}

async function deployed({ stack, images }: Scenario, part: string, podRetries: number) {
  const platform = await tinyPlatform(await images.service("1"));
  const shop = await stack({
    part,
    ...platform,
    config: { ...platform.config, databases: { [ORDERS]: smallDatabase(ORDERS, { podRetries }) } },
  });
  const first = await shop.up();
  expect(first.ok, first.output).toBe(true);
  return shop;
}

/** What {@link slowMigration} leaves behind when it was applied exactly once. */
async function rows(shop: TestStack, table: string): Promise<number> {
  const [row] = await shop.query<{ count: string }>(ORDERS, `select count(*) from public.${table}`);
  return Number(row?.count);
}

async function appliedNames(shop: TestStack): Promise<readonly string[]> {
  const entries = await history(shop, ORDERS);
  expect(entries.filter(({ outcome }) => outcome !== "applied")).toEqual([]);
  return entries.map(({ name }) => name);
}

scenario(
  "6: the Job's pod is deleted in the middle of a migration: a clear failure, then exactly once",
  async (e2e) => {
    const shop = await deployed(e2e, "pod", 0);
    await shop.migrations(ORDERS, { "006_slow.sql": slowMigration(15, "slow") });
    const running = shop.up();
    await during(running, seeStatement(shop, ORDERS, "pg_sleep(15)"));
    await shop.cluster.kubectl("delete", "pod", await workingPod(shop), "--wait=false");
    const up = await running;
    expect(up.ok).toBe(false);
    const said = errorText(up);
    expect(said).toContain("[Error] 006_slow.sql: stopped by SIGTERM");
    expect(said).toContain(
      "state: rolled back; the database is as 005_create_service_heartbeats left it",
    );
    e2e.note(`pod deleted: failed after ${up.seconds} s: ${/006_slow.*/.exec(said)?.[0] ?? ""}`);
    const again = await shop.up();
    expect(again.ok, again.output).toBe(true);
    expect(await rows(shop, "slow")).toBe(1);
    expect(await appliedNames(shop)).toContain("006_slow");
    e2e.note(`next up: ${again.seconds} s; applied once`);
  },
);

scenario(
  "6: the runner's process is killed by SIGKILL in the middle of a migration: tried again, exactly once",
  async (e2e) => {
    const image = await e2e.images.service("1");
    const shop = await deployed(e2e, "kill", 1);
    await shop.migrations(ORDERS, { "006_slow.sql": slowMigration(15, "slow") });
    const running = shop.up();
    await during(running, seeStatement(shop, ORDERS, "pg_sleep(15)"));
    const pod = await workingPod(shop);
    await killContainer(e2e, shop, { pod, container: "migrate" }, image);
    const up = await running;
    expect(up.ok, up.output).toBe(true);
    expect(await rows(shop, "slow")).toBe(1);
    expect(await appliedNames(shop)).toContain("006_slow");
    const pods = await shop.cluster.jobPods(ORDERS);
    expect(pods.map(({ status }) => status?.phase)).toEqual(["Failed", "Succeeded"]);
    e2e.note(`SIGKILL in a transaction: up ${up.seconds} s with a second pod; applied once`);

    await shop.migrations(ORDERS, {
      "007_steps.sql": [
        "-- tidegate:no-transaction",
        "create table steps (step int not null);",
        "insert into steps values (1);",
        "insert into steps select 2 from pg_sleep(15);",
        "insert into steps values (3);\n",
      ].join("\n"),
    });
    const steps = shop.up();
    await during(steps, seeStatement(shop, ORDERS, "pg_sleep(15)"));
    const stepsPod = await workingPod(shop);
    await killContainer(e2e, shop, { pod: stepsPod, container: "migrate" }, image);
    const stepped = await steps;
    expect(stepped.ok, stepped.output).toBe(true);
    const counted = await shop.query<{ step: number; times: number }>(
      ORDERS,
      "select step, count(*)::int as times from public.steps group by step order by step",
    );
    expect(counted.map(({ step }) => step)).toEqual([1, 2, 3]);
    expect([counted[0]?.times, counted[2]?.times]).toEqual([1, 1]);
    expect(counted[1]?.times).toBeLessThanOrEqual(2);
    expect(await appliedNames(shop)).toContain("007_steps");
    e2e.note(
      `SIGKILL without a transaction: up ${stepped.seconds} s; statements ran ${counted.map(({ times }) => times).join(", ")} times`,
    );
  },
);

/** A COMMIT that takes long: a deferred trigger sleeps in it. */
const SLOW_COMMIT = `create table promises (id int not null);
create function keep() returns trigger language plpgsql as $$
begin
  perform pg_sleep(15);
  return null;
end $$;
create constraint trigger keep after insert on promises deferrable initially deferred
  for each row execute function keep();
insert into promises values (1);
`;

scenario(
  "6: the runner's process is killed between COMMIT sent and answered: exactly once",
  async (e2e) => {
    const image = await e2e.images.service("1");
    const shop = await deployed(e2e, "commit", 1);
    await shop.migrations(ORDERS, { "006_promises.sql": SLOW_COMMIT });
    const running = shop.up();
    // Nothing but the deferred trigger sleeps, so that the sleep is the COMMIT.
    await until("the migration's COMMIT", async () => {
      const [statement] = await runningStatements(shop, ORDERS, "promises");
      return statement?.waitEvent === "PgSleep";
    });
    await killContainer(e2e, shop, { pod: await workingPod(shop), container: "migrate" }, image);
    const up = await running;
    expect(up.ok, up.output).toBe(true);
    expect(await rows(shop, "promises")).toBe(1);
    const names = await appliedNames(shop);
    expect(names.filter((name) => name === "006_promises")).toEqual(["006_promises"]);
    e2e.note(`SIGKILL in COMMIT: up ${up.seconds} s; applied once`);

    await shop.migrations(ORDERS, {
      "007_promises.sql": SLOW_COMMIT.replaceAll("promises", "pledges").replaceAll("keep", "hold"),
    });
    const second = shop.up();
    const { pid } = await until("the second COMMIT", async () => {
      const [statement] = await runningStatements(shop, ORDERS, "pledges");
      return statement?.waitEvent === "PgSleep" ? statement : undefined;
    });
    await shop.query("postgres", `select pg_terminate_backend(${pid})`);
    const ended = await second;
    expect(ended.ok, ended.output).toBe(true);
    expect(await rows(shop, "pledges")).toBe(1);
    const [job] = (await shop.cluster.jobs(ORDERS)).toReversed();
    expect(job?.status).toMatchObject({ succeeded: 1 });
    expect(job?.status?.failed).toBeUndefined();
    e2e.note(`connection cut in COMMIT: up ${ended.seconds} s in one pod; applied once`);
  },
);
