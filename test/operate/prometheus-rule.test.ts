import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { buildDashboard } from "../../components/grafana-dashboard.ts";
import { buildAlertRules } from "../../components/prometheus-rule.ts";

const run = promisify(execFile);

const ARGS = { platform: "shop", jobs: "ops", services: "prod", longAfter: 0.5 };
const JOB = "shop-auth-migration-job-1a2b3c4d";

/** `promtool`, which the Prometheus project checks rules with; `PROMTOOL` names it where it is not in the PATH. */
const PROMTOOL = process.env["PROMTOOL"] ?? "promtool";
const hasPromtool = await run(PROMTOOL, ["--version"]).then(
  () => true,
  () => false,
);

const series = (metric: string, values: string, more = "") => ({
  series: `${metric}{namespace="ops", job_name="${JOB}"${more}}`,
  values,
});

/** What Prometheus fires, by what kube-state-metrics says. */
const CASES = [
  {
    name: "a failed Job, and one of another platform in the same namespace",
    input_series: [
      series("kube_job_failed", "0 1x5", ', condition="true"'),
      {
        series: 'kube_job_failed{namespace="ops", job_name="other-job", condition="true"}',
        values: "1x6",
      },
    ],
    fires: "MigrationFailed",
    at: "3m",
  },
  {
    name: "a Job at work for more than half of its deadline of 600 s",
    input_series: [
      series("kube_job_status_start_time", "0x10"),
      series("kube_job_spec_active_deadline_seconds", "600x10"),
      series("kube_job_status_active", "1x10"),
    ],
    fires: "MigrationOverlong",
    at: "6m",
    notBefore: "4m",
  },
  {
    name: "a pod at its gate for five minutes",
    input_series: [
      {
        series:
          'kube_pod_init_container_status_running{namespace="prod", pod="bff-1", container="schema-gate"}',
        values: "1x10",
      },
    ],
    fires: "MigrationGateWaiting",
    at: "6m",
    notBefore: "4m",
  },
] as const;

test("alerts name the platform's own Jobs by the metrics of kube-state-metrics", () => {
  const [group] = buildAlertRules(ARGS).groups;
  expect(group?.name).toBe("shop-migrations");
  expect(group?.rules.map(({ alert, expr, labels }) => [alert, labels["severity"], expr])).toEqual([
    [
      "MigrationFailed",
      "critical",
      'max by (namespace, job_name) (kube_job_failed{namespace="ops", job_name=~"shop-.+", condition="true"}) > 0',
    ],
    [
      "MigrationOverlong",
      "warning",
      '(time() - max by (namespace, job_name) (kube_job_status_start_time{namespace="ops", job_name=~"shop-.+"})) > 0.5 * max by (namespace, job_name) (kube_job_spec_active_deadline_seconds{namespace="ops", job_name=~"shop-.+"}) and max by (namespace, job_name) (kube_job_status_active{namespace="ops", job_name=~"shop-.+"}) > 0',
    ],
    [
      "MigrationGateWaiting",
      "warning",
      'max by (namespace, pod) (kube_pod_init_container_status_running{namespace="prod", container="schema-gate"}) > 0',
    ],
  ]);
});

describe.skipIf(!hasPromtool)("promtool (skipped without it: set PROMTOOL)", () => {
  test.each(CASES)("$name fires $fires and no other", async (given) => {
    const times = [given.at, ...("notBefore" in given ? [given.notBefore] : [])];
    const alerts = ["MigrationFailed", "MigrationOverlong", "MigrationGateWaiting"];
    const expected = await firing(given, times, alerts);
    expect(expected).toContain("SUCCESS");
  });

  test("every query of the dashboard is PromQL", async () => {
    const { panels } = JSON.parse(buildDashboard(ARGS)) as {
      panels: { targets: { expr: string }[] }[];
    };
    const queries = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    expect(queries.length).toBe(5);
    for (const query of queries) {
      const { stdout } = await run(PROMTOOL, ["promql", "format", "--experimental", query]);
      expect(stdout).not.toBe("");
    }
  });
});

/** Runs promtool's own test of rules. */
async function firing(
  given: (typeof CASES)[number],
  times: readonly string[],
  alerts: readonly string[],
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tidegate-rules-"));
  try {
    const rules = buildAlertRules(ARGS);
    await writeFile(join(folder, "rules.yaml"), stringify(rules));
    await run(PROMTOOL, ["check", "rules", join(folder, "rules.yaml")]);
    const ruleOf = (name: string) => rules.groups[0]?.rules.find(({ alert }) => alert === name);
    const subject = { namespace: "ops", job_name: JOB };
    const labels =
      given.fires === "MigrationGateWaiting" ? { namespace: "prod", pod: "bff-1" } : subject;
    const fired = (name: string) => ({
      exp_labels: { ...labels, ...ruleOf(name)?.labels },
      exp_annotations: Object.fromEntries(
        Object.entries(ruleOf(name)?.annotations ?? {}).map(([key, text]) => [
          key,
          text.replaceAll("{{ $labels.job_name }}", JOB).replaceAll("{{ $labels.pod }}", "bff-1"),
        ]),
      ),
    });
    const cases = {
      interval: "1m",
      input_series: given.input_series,
      alert_rule_test: times.flatMap((time) =>
        alerts.map((alertname) => ({
          eval_time: time,
          alertname,
          exp_alerts: alertname === given.fires && time === given.at ? [fired(alertname)] : [],
        })),
      ),
    };
    const file = join(folder, "test.yaml");
    await writeFile(
      file,
      stringify({ rule_files: ["rules.yaml"], evaluation_interval: "1m", tests: [cases] }),
    );
    return (await run(PROMTOOL, ["test", "rules", file])).stdout;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
