import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "vitest";
import { until } from "./observe.ts";
import { changeLines, errorText } from "./outcome.ts";
import { ORDERS, smallPlatform, STOCK, tinyPlatform } from "./platforms.ts";
import { PROJECT } from "./project-copy.ts";
import { runRunbook } from "./runbook.ts";
import { type Scenario, scenario } from "./scenario.ts";
import type { TestStack } from "./test-stack.ts";
import { receivedTexts, startWebhook } from "./webhook.ts";

const run = promisify(execFile);

/** The Prometheus operator's own definition of its resource. */
const RULE_CRD = join(PROJECT, "test/e2e/prometheusrule-crd.yaml");
const LIST = ["run", "--silent", "migration:list", "--"];
const CRD = "prometheusrules.monitoring.coreos.com";

async function ensureRuleKind({ afterwards }: Scenario): Promise<void> {
  const known = await run("kubectl", ["get", "crd", CRD]).then(
    () => true,
    () => false,
  );
  if (known) return;
  await run("kubectl", ["apply", "--server-side", "--filename", RULE_CRD]);
  afterwards(async () => {
    await run("kubectl", ["delete", "crd", CRD]);
  });
  await run("kubectl", ["wait", "--for=condition=Established", `crd/${CRD}`, "--timeout=60s"]);
}

/** The output `migrations`, as the CLI prints it. */
async function listed(shop: TestStack): Promise<readonly Record<string, unknown>[]> {
  const { output } = await shop.cli("stack", "output", "migrations", "--json");
  return JSON.parse(output) as readonly Record<string, unknown>[];
}

scenario(
  "40: the output migrations, alerts and the dashboard; without the settings nothing of them is made",
  async (given) => {
    const { stack, images, note } = given;
    const shop = await stack({ part: "seen", ...(await smallPlatform(await images.service("1"))) });
    const first = await shop.up();
    expect(first.ok, first.output).toBe(true);
    const rows = await listed(shop);
    expect(
      rows.map(({ database, phase, outcome, pending, version }) => [
        database,
        phase,
        outcome,
        pending,
        version,
      ]),
    ).toEqual(
      [STOCK, ORDERS].map((name) => [name, "expand", "done", 0, "005_create_service_heartbeats"]),
    );
    const jobs = await shop.cluster.list("jobs", "app.kubernetes.io/component=migration");
    expect(new Set(rows.map(({ job }) => job))).toEqual(
      new Set(jobs.map(({ metadata }) => metadata.name)),
    );
    expect(rows.length).toBe(jobs.length);
    for (const { started, completed, seconds } of rows) {
      expect(Date.parse(String(completed)) - Date.parse(String(started))).toBe(
        Number(seconds) * 1000,
      );
    }
    const { stdout } = await run(
      "npm",
      [...LIST, "--stack", shop.name, "--project", shop.project.dir],
      { cwd: PROJECT, env: shop.env },
    );
    expect(stdout).toContain("005_create_service_heartbeats");
    for (const line of stdout.trimEnd().split("\n")) note(line);
    expect(await shop.cluster.list("configmaps", "grafana_dashboard=1")).toEqual([]);

    await ensureRuleKind(given);
    await shop.configure({
      monitoring: { prometheusRule: { labels: { release: "kps" } }, grafanaDashboard: true },
    });
    const up = await shop.up();
    expect(up.ok, up.output).toBe(true);
    const rules = JSON.parse(
      await shop.cluster.kubectl("get", "prometheusrules", "--output", "json"),
    ) as {
      items: {
        metadata: { labels: Record<string, string> };
        spec: { groups: { rules: { alert: string }[] }[] };
      }[];
    };
    expect(rules.items.map(({ metadata }) => metadata.labels["release"])).toEqual(["kps"]);
    const alerts = rules.items.flatMap(({ spec }) =>
      spec.groups.flatMap((group) => group.rules.map(({ alert }) => alert)),
    );
    expect(alerts).toEqual(["MigrationFailed", "MigrationOverlong", "MigrationGateWaiting"]);
    const [dashboard] = await shop.cluster.list("configmaps", "grafana_dashboard=1");
    const json = JSON.parse(Object.values(dashboard?.data ?? {})[0] ?? "") as { title: string };
    expect(json.title).toBe(`Migrations of ${shop.name}`);
    const jobsNow = await shop.cluster.list("jobs", "app.kubernetes.io/component=migration");
    expect(jobsNow.map(({ metadata }) => metadata.name).toSorted(), "no Job ran again").toEqual(
      jobs.map(({ metadata }) => metadata.name).toSorted(),
    );
    note(`alerts ${alerts.join(", ")}; dashboard '${json.title}'; up ${up.seconds} s, no Job`);
  },
);

scenario(
  "41: a webhook hears of a success and a failure; one that hangs, answers 500 or refuses fails nothing",
  async (given) => {
    const { stack, images, engine, note } = given;
    const shop = await stack({ part: "hook", ...(await tinyPlatform(await images.service("1"))) });
    const first = await shop.up();
    expect(first.ok, first.output).toBe(true);
    const base = await startWebhook(shop, await images.service("1"));
    const point = async (path: string): Promise<void> => {
      const set = await shop.cli("config", "set", "--secret", "slack", `${base}${path}`);
      expect(set.code, set.output).toBe(0);
    };
    await shop.configure({ notifications: { webhook: "slack" } });
    await point("/services/T0/B0/s3cr3t-path");

    await shop.migrations(ORDERS, { "006_told.sql": "create table told (id int);\n" });
    const told = await shop.up();
    expect(told.ok, told.output).toBe(true);
    const success = await until("the message", async () => (await receivedTexts(shop))[0]);
    expect(success).toBe(
      `Migrated (${shop.name}/${shop.name}, database ${ORDERS}): ${ORDERS}: applied 1 migration (006_told); at 006_told`,
    );
    note(`success: ${success}`);

    await shop.migrations(ORDERS, { "007_broken.sql": 'select 1 / 0 as "<boom>";\n' });
    const broken = await shop.up();
    expect(broken.ok).toBe(false);
    const failure = await until("the second message", async () => (await receivedTexts(shop))[1]);
    expect(failure).toContain(`Migration FAILED (${shop.name}/${shop.name}, database ${ORDERS})`);
    expect(failure).toContain("007_broken.sql:1: division by zero (SQLSTATE 22012)");
    expect(failure).not.toContain("<boom>");
    note(`failure: ${failure.split("\n")[0]}`);
    await shop.migrations(ORDERS, { "007_broken.sql": null });

    const ways = [
      ["hangs", "/hang", "no answer within 5 s"],
      ["answers 500", "/500", "it answered 500"],
      ["refuses", null, "ECONNREFUSED"],
    ] as const;
    for (const [index, [what, path, reason]] of ways.entries()) {
      if (path === null) {
        const set = await shop.cli("config", "set", "--secret", "slack", "http://127.0.0.1:8081/x");
        expect(set.code, set.output).toBe(0);
      } else await point(path);
      await shop.migrations(ORDERS, {
        [`01${index}_more.sql`]: `create table more_${index} (id int);\n`,
      });
      const up = await shop.up();
      expect(up.ok, up.output).toBe(true);
      const pod = (await shop.cluster.jobPods(ORDERS)).at(-1);
      const log = await shop.cluster.kubectl(
        "logs",
        pod?.metadata.name ?? "",
        "--container",
        "migrate",
      );
      expect(log).toContain(`the webhook was not told: ${reason}`);
      expect(log).not.toContain("s3cr3t");
      note(
        `one that ${what}: up ok in ${up.seconds} s; ${/the webhook was not told: [^"]*/.exec(log)?.[0]}`,
      );
    }
    const state = await shop.exportText();
    expect(state).not.toContain("s3cr3t-path");
    expect(errorText(broken)).not.toContain("s3cr3t-path");

    // The stack refuses a secret that nobody reads.
    const removed = await shop.cli("config", "rm", "slack");
    expect(removed.code, removed.output).toBe(0);
    await runRunbook(shop, engine, "A webhook", "docs/operations.md");
    const set = await shop.preview();
    expect(set.ok, set.output).toBe(true);
    expect(changeLines(set).some((line) => line.includes("notifications-webhook"))).toBe(true);
    note("the page's commands set another webhook, for failures only");
  },
);
