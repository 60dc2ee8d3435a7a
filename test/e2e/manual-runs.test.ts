import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "vitest";
import { until } from "./observe.ts";
import { ORDERS, slowMigration, tinyPlatform } from "./platforms.ts";
import { seeStatement } from "./postgres.ts";
import { PROJECT } from "./project-copy.ts";
import { scenario } from "./scenario.ts";
import type { TestStack } from "./test-stack.ts";

const run = promisify(execFile);

scenario(
  "31: a run by hand at the moment of an up: each migration runs once, and both succeed",
  async ({ stack, images, note, engine }) => {
    const shop = await stack({ part: "hand", ...(await tinyPlatform(await images.service("1"))) });
    const first = await shop.up();
    expect(first.ok, first.output).toBe(true);
    const cronJobs = await shop.cluster.kubectl(
      "get",
      "cronjobs",
      "--output",
      "custom-columns=:.metadata.name,:.spec.suspend",
      "--no-headers",
    );
    expect(
      cronJobs
        .trim()
        .split("\n")
        .map((line) => line.trim().split(/\s+/)),
    ).toEqual([
      ["battlescope-ingestion-migrate-manual", "true"],
      ["battlescope-ingestion-status", "true"],
    ]);

    await shop.migrations(ORDERS, {
      "006_slow.sql": slowMigration(8),
      "007_after.sql": "create table after_slow (id int);\n",
    });
    const up = shop.up();
    // The CronJob has the new files as soon as its ConfigMap is there, which is before the Job runs.
    await seeStatement(shop, ORDERS, "pg_sleep");
    await until("the CronJob with the new files", async () => {
      const files = await shop.cluster.kubectl(
        "get",
        "cronjob",
        "battlescope-ingestion-migrate-manual",
        "--output",
        "json",
      );
      return files.includes("007_after");
    });
    const created = await startByHand(shop, "battlescope-ingestion-migrate-manual", "by-hand");
    await seeStatement(shop, ORDERS, "pg_sleep");
    const done = await up;
    expect(done.ok, done.output).toBe(true);
    const log = await finished(shop, "by-hand", "migrate");
    expect(log).toContain('"event":"lock-wait"');
    expect(log).toContain(
      '"command":"up","database":"battlescope_ingestion","applied":[],"version":"007_after"',
    );
    const events = await shop.query<{ name: string; times: number }>(
      ORDERS,
      "select name, count(*)::int as times from migration_events where direction = 'up' and outcome = 'done' group by name order by name",
    );
    expect(events).toEqual(
      ["001_create_things", "005_create_service_heartbeats", "006_slow", "007_after"].map(
        (name) => ({ name, times: 1 }),
      ),
    );
    note(`${created.trim()}\n${log}`);

    await startByHand(shop, "battlescope-ingestion-status", "look");
    const status = await finished(shop, "look", "status");
    expect(status).toContain('"version":"007_after"');
    note(status);

    // What the npm scripts print, of this stack.
    for (const [command, expected] of [
      ["status", ": at 007_after, Postgres 17"],
      ["history", "up  006_slow  expand"],
    ] as const) {
      const { stdout } = await run(
        process.execPath,
        [
          "--import",
          "tsx",
          join(PROJECT, "local/migration/main.ts"),
          command,
          "--database",
          ORDERS,
          "--stack",
          shop.name,
          "--project",
          shop.project.dir,
        ],
        { cwd: PROJECT, env: { ...engine.env, ...withoutConnection() } },
      );
      shop.addPrinted(stdout);
      expect(stdout).toContain(expected);
      note(`npm run migration:${command}:\n${stdout}`);
    }
    expect((await shop.cluster.list("jobs", "tidegate.dev/run=status")).length, "its Jobs").toBe(1);
  },
);

async function startByHand(shop: TestStack, cronJob: string, job: string): Promise<string> {
  return await shop.cluster.kubectl("create", "job", job, `--from=cronjob/${cronJob}`);
}

async function finished(shop: TestStack, job: string, container: string): Promise<string> {
  await shop.cluster.kubectl("wait", "--for=condition=complete", `job/${job}`, "--timeout=180s");
  return await shop.cluster.kubectl("logs", `job/${job}`, "--container", container, "--tail=-1");
}

function withoutConnection(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([key, value]) =>
      value === undefined || /^(DATABASE_URL|PG|POSTGRES_|DB_)/.test(key) ? [] : [[key, value]],
    ),
  );
}
