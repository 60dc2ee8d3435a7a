import { expect } from "vitest";
import { identities, isReady } from "./cluster.ts";
import { expectUp } from "./expect-done.ts";
import { until } from "./observe.ts";
import { changeLines, errorText, lineWith } from "./outcome.ts";
import { ORDERS, ORDERS_SERVICE, smallDatabase, tinyPlatform } from "./platforms.ts";
import { historyNames } from "./postgres.ts";
import { runRunbook } from "./runbook.ts";
import { startBucket } from "./bucket.ts";
import { type Scenario, scenario } from "./scenario.ts";
import type { TestStack } from "./test-stack.ts";

const TIMEOUT = 1_800_000;

/** Rows and their checksum; every character of every row is in it. */
const CHECKSUM =
  "select count(*)::int as rows, md5(string_agg(t::text, '|' order by id)) as checksum from things t";

scenario(
  "37: a backup to a volume before a migration; restored after one that destroyed rows, the checksum is the old one",
  async (given) => {
    const { stack, images, note } = given;
    const backup = { kind: "volume", size: "1Gi", keep: 2 };
    const tiny = await tinyPlatform(await images.service("1"));
    const shop = await stack({
      part: "dump",
      files: tiny.files,
      config: { ...tiny.config, databases: databasesWith(backup) },
    });
    const first = await expectUp(shop);
    const dump = await backupLog(shop);
    expect(dump).toMatch(/^backup battlescope_ingestion-\d{8}T\d{6}Z\.dump$/m);
    note(`first up ${first.seconds} s; ${dump.trim()}`);

    const before = await destroyRows(shop, given);
    const restored = await runRunbook(shop, given.engine, "Restore a backup", OPERATIONS);
    expect(restored).toContain("restored battlescope_ingestion-");
    expect(await checksum(shop)).toEqual(before);
    expect(await historyNames(shop, ORDERS)).toEqual(FIRST);
    note(`restored: ${before.rows} rows with checksum ${before.checksum}, as before`);

    // A third dump: the first one goes.
    await shop.migrations(ORDERS, { "006_drop.sql": "create table kept (id int);\n" });
    await expectUp(shop);
    expect((await checksum(shop)).checksum).toBe(before.checksum);
    const third = await backupLog(shop);
    expect(third.match(/^deleted .*$/gm)).toEqual([dump.trim().replace("backup ", "deleted ")]);
    note(`keep 2, third backup: ${third.trim().replaceAll("\n", "; ")}`);
    const pods = await shop.cluster.pods(ORDERS_SERVICE);
    expect(pods.map(isReady)).toEqual([true]);

    // The Job runs, and nothing is pending.
    await shop.configure({ databases: databasesWith(backup, { run: 1 }) });
    await expectUp(shop);
    expect((await backupLog(shop)).trim()).toBe("nothing is pending: no backup");

    // An image without pg_dump.
    await shop.configure({ databases: databasesWith({ ...backup, image: images.migrator }) });
    await shop.migrations(ORDERS, { "007_more.sql": "create table more (id int);\n" });
    const failed = await shop.up();
    expect(failed.ok).toBe(false);
    expect(errorText(failed)).toContain(
      "the backup before the migration has failed, so nothing was migrated: pg_dump:",
    );
    note(`no pg_dump: ${lineWith(errorText(failed), "so nothing was migrated")}`);
    expect(await historyNames(shop, ORDERS)).not.toContain("007_more");
    expect(identities(await shop.cluster.pods(ORDERS_SERVICE))).toEqual(identities(pods));

    await shop.configure({ databases: databasesWith(backup) });
    await expectUp(shop);
    expect(changeLines(await shop.up())).toEqual([]);
  },
  TIMEOUT,
);

scenario(
  "38: a backup to a bucket before a migration, with wrong keys, with right ones, and restored",
  async (given) => {
    const { stack, images, note } = given;
    const tiny = await tinyPlatform(await images.service("1"));
    const shop = await stack({ part: "s3", files: tiny.files, config: tiny.config });
    await expectUp(shop);
    const bucket = await startBucket(shop);
    const backup = {
      kind: "s3",
      bucket: bucket.name,
      prefix: "shop/test",
      endpoint: bucket.endpoint,
      keep: 2,
      uploadImage: bucket.uploadImage,
    };

    await shop.configure({
      databases: databasesWith({ ...backup, credentials: { secret: bucket.wrongSecret } }),
    });
    await shop.migrations(ORDERS, { "006_drop.sql": DESTRUCTIVE });
    await insertRows(shop);
    const before = await checksum(shop);
    const failed = await shop.up();
    expect(failed.ok).toBe(false);
    expect(errorText(failed)).toContain(
      "the backup before the migration has failed, so nothing was migrated: rclone:",
    );
    note(`wrong keys: ${lineWith(errorText(failed), "so nothing was migrated")}`);
    expect(await checksum(shop)).toEqual(before);
    expect(await bucket.list("shop/test")).toEqual([]);

    await shop.configure({
      databases: databasesWith({ ...backup, credentials: { secret: bucket.secret } }),
    });
    const passed = await expectUp(shop);
    const dumps = await bucket.list("shop/test");
    expect(dumps.length).toBe(1);
    expect(dumps[0]).toMatch(/^battlescope_ingestion-\d{8}T\d{6}Z\.dump$/);
    note(`right keys: up ${passed.seconds} s; in the bucket: ${dumps.join(", ")}`);
    expect(await historyNames(shop, ORDERS)).toContain("006_drop");

    const restored = await runRunbook(shop, given.engine, "Restore a backup", OPERATIONS);
    expect(restored).toContain(`restored ${dumps[0] ?? ""}`);
    expect(await checksum(shop)).toEqual(before);
    note(`restored: ${before.rows} rows with checksum ${before.checksum}, as before`);
  },
  TIMEOUT,
);

const OPERATIONS = "docs/operations.md";

const FIRST = ["001_create_things", "005_create_service_heartbeats"];

const DESTRUCTIVE =
  "delete from things where id > 10;\nupdate things set name = 'lost' where id <= 10;\n";

function databasesWith(backup: object, more: object = {}): object {
  return { [ORDERS]: smallDatabase(ORDERS, { backup, ...more }) };
}

async function insertRows(shop: TestStack): Promise<void> {
  await shop.query(
    ORDERS,
    "insert into things (name) select 'thing ' || n || ' ä€' from generate_series(1, 500) n",
  );
}

/** Writes rows, migrates them away, and gives what there was before. */
async function destroyRows(shop: TestStack, { note }: Scenario): Promise<Rows> {
  await insertRows(shop);
  const before = await checksum(shop);
  expect(before.rows).toBe(500);
  await shop.migrations(ORDERS, { "006_drop.sql": DESTRUCTIVE });
  const destroyed = await expectUp(shop);
  const after = await checksum(shop);
  expect(after.rows).toBe(10);
  expect(destroyed.output).toMatch(/; backup battlescope_ingestion-\d{8}T\d{6}Z\.dump/);
  note(
    `destructive migration: ${before.rows} rows (${before.checksum}) became ${after.rows}; up says: ${lineWith(destroyed.output, "; backup ")}`,
  );
  return before;
}

interface Rows {
  readonly rows: number;
  readonly checksum: string;
}

async function checksum(shop: TestStack): Promise<Rows> {
  const [row] = await shop.query<Rows>(ORDERS, CHECKSUM);
  return row ?? { rows: 0, checksum: "" };
}

/** What the newest Job's container `backup` printed. */
async function backupLog(shop: TestStack): Promise<string> {
  return await until("the log of the backup", async () => {
    const pod = (await shop.cluster.jobPods(ORDERS)).at(-1);
    if (pod === undefined) return undefined;
    const log = await shop.cluster.kubectl("logs", pod.metadata.name, "--container", "backup");
    return log === "" ? undefined : log;
  });
}
