import { expect } from "vitest";
import { changeLines, changing } from "./outcome.ts";
import { ORDERS, ORDERS_SERVICE, smallPlatform, STOCK, STOCK_SERVICE } from "./platforms.ts";
import { identities } from "./cluster.ts";
import { history, historyNames } from "./postgres.ts";
import { scenario } from "./scenario.ts";

const TYPESCRIPT = `import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql\`update things set name = upper(name)\`.execute(db);
}

export async function down(): Promise<void> {}
`;

scenario("2: without a change nothing changes", async ({ stack, images, note }) => {
  const shop = await stack({ part: "same", ...(await smallPlatform(await images.service("1"))) });
  const first = await shop.up();
  expect(first.ok, first.output).toBe(true);
  note(`first up: ${first.seconds} s, ${first.changes["create"]} resources`);

  const preview = await shop.preview();
  expect(changeLines(preview)).toEqual([]);
  const again = await shop.up();
  expect(again.ok, again.output).toBe(true);
  expect(changeLines(again)).toEqual([]);
  note(`second up: ${again.seconds} s, ${JSON.stringify(again.changes)}`);

  const refreshed = await shop.refresh();
  expect(refreshed.ok, refreshed.output).toBe(true);
  expect(Object.keys(refreshed.changes), refreshed.output).toEqual(["same"]);
  expect(changeLines(await shop.preview()), "after a refresh").toEqual([]);
  note(`refresh: ${refreshed.seconds} s, ${JSON.stringify(refreshed.changes)}`);

  const before = identities([
    ...(await shop.cluster.pods(ORDERS_SERVICE)),
    ...(await shop.cluster.pods(STOCK_SERVICE)),
  ]);
  const [job] = await shop.cluster.jobs(ORDERS);
  expect(job?.status?.succeeded).toBe(1);
  await shop.cluster.kubectl("delete", "job", job?.metadata.name ?? "");
  const converged = await shop.up({ refresh: true });
  expect(converged.ok, converged.output).toBe(true);
  expect(changeLines(converged)).toEqual([
    `create Job ${shop.name}-battlescope-ingestion-migration-job`,
  ]);
  expect((await shop.cluster.jobs(ORDERS)).length).toBe(1);
  const after = identities([
    ...(await shop.cluster.pods(ORDERS_SERVICE)),
    ...(await shop.cluster.pods(STOCK_SERVICE)),
  ]);
  expect(after).toEqual(before);
  expect(changeLines(await shop.up({ refresh: true })), "one more up --refresh").toEqual([]);
  note(`a finished Job deleted by hand: up --refresh ${converged.seconds} s, only the Job is made`);
});

scenario(
  "3: a new migration touches its own database's ConfigMaps, Job and runs by hand only",
  async ({ stack, images, note }) => {
    const shop = await stack({ part: "plan", ...(await smallPlatform(await images.service("1"))) });
    const first = await shop.up();
    expect(first.ok, first.output).toBe(true);

    await shop.migrations(ORDERS, {
      "006_add_price.sql": "alter table things add column price numeric check (price > 0);\n",
      "007_upper_names.ts": TYPESCRIPT,
    });
    const preview = await shop.preview({ diff: true });
    expect(preview.ok, preview.output).toBe(true);
    const touched = changing(preview);
    expect(touched.map(({ type }) => type)).not.toContain("kubernetes:apps/v1:Deployment");
    expect([...new Set(touched.map(({ type }) => type))].toSorted()).toEqual([
      "kubernetes:batch/v1:CronJob",
      "kubernetes:batch/v1:Job",
      "kubernetes:core/v1:ConfigMap",
    ]);
    const part = `${shop.name}-battlescope-ingestion`;
    expect([...new Set(touched.map(({ name }) => name))].toSorted()).toEqual([
      `${part}-manual-migrate`,
      `${part}-manual-status`,
      `${part}-migration-files`,
      `${part}-migration-job`,
      `${part}-migration-schema`,
    ]);
    const untouched = preview.steps.filter(
      ({ op, type }) => op === "same" && type === "kubernetes:apps/v1:Deployment",
    );
    expect(untouched.map(({ name }) => name).toSorted()).toEqual([
      `${shop.name}-${STOCK_SERVICE}-deployment`,
      `${shop.name}-${ORDERS_SERVICE}-deployment`,
    ]);
    expect(preview.output).toContain(
      "alter table things add column price numeric check (price > 0)",
    );
    // Pulumi cuts texts after three lines: compiled TypeScript needs the full output.
    const full = await shop.cli("preview", "--diff", "--show-full-output", "--color", "never");
    expect(full.output).toContain("update things set name = upper(name)");
    note(`preview: ${preview.seconds} s, ${changeLines(preview).join("; ")}`);

    const pods = identities(await shop.cluster.pods(ORDERS_SERVICE));
    const up = await shop.up();
    expect(up.ok, up.output).toBe(true);
    expect(changing(up).map(({ type }) => type)).not.toContain("kubernetes:apps/v1:Deployment");
    expect(identities(await shop.cluster.pods(ORDERS_SERVICE))).toEqual(pods);
    expect(await historyNames(shop, ORDERS)).toContain("007_upper_names");
    expect((await history(shop, STOCK)).length).toBe(2);
    note(`up: ${up.seconds} s`);
  },
);
