import { jobsOf, type RuleArgs } from "./prometheus-rule.ts";

/** Width of Grafana's grid, in its own units. */
const GRID = 24;

interface PanelArgs {
  readonly title: string;
  readonly type: "stat" | "timeseries" | "table";
  readonly description: string;
  readonly expr: string;
  readonly unit: string;
  readonly legend: string;
}

/**
 * The dashboard as Grafana's JSON: what failed, what runs, how long each Job took, which pods wait at
 * their gate. The data source is a variable, so that it needs no name of anybody's.
 */
export function buildDashboard(args: RuleArgs): string {
  const jobs = jobsOf(args);
  const by = (metric: string): string => `max by (job_name) (${metric}{${jobs}})`;
  const panels: PanelArgs[] = [
    {
      title: "Failed migrations",
      type: "stat",
      description: "Jobs that have failed and not been replaced by one that succeeded.",
      expr: `count(max by (job_name) (kube_job_failed{${jobs}, condition="true"}) > 0) or vector(0)`,
      unit: "none",
      legend: "failed",
    },
    {
      title: "Running migrations",
      type: "stat",
      description: "Jobs with a pod at work.",
      expr: `count(${by("kube_job_status_active")} > 0) or vector(0)`,
      unit: "none",
      legend: "running",
    },
    {
      title: "Pods at their gate",
      type: "stat",
      description: "Pods of services that wait for their schema.",
      expr: `count(max by (pod) (kube_pod_init_container_status_running{namespace="${args.services}", container="schema-gate"}) > 0) or vector(0)`,
      unit: "none",
      legend: "waiting",
    },
    {
      title: "Share of the deadline",
      type: "timeseries",
      description: "Of Jobs at work: at 100 % they are ended and rolled back.",
      expr: `(time() - ${by("kube_job_status_start_time")}) / ${by("kube_job_spec_active_deadline_seconds")} and ${by("kube_job_status_active")} > 0`,
      unit: "percentunit",
      legend: "{{job_name}}",
    },
    {
      title: "Duration of the last migrations",
      type: "table",
      description: "From the start of the Job to its completion.",
      expr: `${by("kube_job_status_completion_time")} - ${by("kube_job_status_start_time")}`,
      unit: "s",
      legend: "{{job_name}}",
    },
  ];
  return JSON.stringify(
    {
      uid: `tidegate-${args.platform}`.slice(0, 40),
      title: `Migrations of ${args.platform}`,
      tags: ["tidegate", "postgres", "migrations"],
      schemaVersion: 39,
      editable: false,
      refresh: "30s",
      time: { from: "now-24h", to: "now" },
      templating: { list: [{ name: "datasource", type: "datasource", query: "prometheus" }] },
      panels: panels.map(buildPanel),
    },
    null,
    2,
  );
}

function buildPanel(panel: PanelArgs, index: number): object {
  const datasource = { type: "prometheus", uid: "${datasource}" };
  const { title, type, description, expr, unit, legend } = panel;
  // Three numbers in the first row, then one panel a row.
  const place =
    index < 3
      ? { x: (index * GRID) / 3, y: 0, w: GRID / 3, h: 5 }
      : { x: 0, y: 5 + (index - 3) * 9, w: GRID, h: 9 };
  return {
    id: index + 1,
    title,
    type,
    description,
    datasource,
    gridPos: place,
    fieldConfig: { defaults: { unit }, overrides: [] },
    targets: [
      {
        refId: "A",
        datasource,
        expr,
        legendFormat: legend,
        ...(type === "timeseries" ? {} : { instant: true }),
        ...(type === "table" && { format: "table" }),
      },
    ],
  };
}
