/** What the alerts are about. */
export interface RuleArgs {
  /** The platform's name, with which the name of every Job begins. */
  readonly platform: string;
  /** Namespace of the Jobs. */
  readonly jobs: string;
  /** Namespace of the services. */
  readonly services: string;
  /** Share of a Job's deadline after which it is overlong. */
  readonly longAfter: number;
}

/** One alert, as Prometheus takes it. */
export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** The `spec` of a PrometheusRule, which is a file of rules too. */
export interface RuleGroups {
  readonly groups: readonly { readonly name: string; readonly rules: readonly AlertRule[] }[];
}

/** How long a pod may wait at its gate before somebody hears of it: one try of `gateTimeout`'s default. */
const GATE_PATIENCE = "5m";

/**
 * The alerts, made of what kube-state-metrics says by default: a Job that failed, one that has used up a
 * share of its deadline, and a pod that waits at its gate. The first goes on until a Job has succeeded,
 * as a failed one stays until the next `pulumi up`.
 *
 * Source of the metrics: kube-state-metrics, docs/metrics/workload (Job, Pod), all of them stable or
 * enabled by default.
 */
export function buildAlertRules(args: RuleArgs): RuleGroups {
  const jobs = jobsOf(args);
  const share = Math.round(args.longAfter * 100);
  const logs = `kubectl logs --namespace ${args.jobs} job/{{ $labels.job_name }} --all-containers`;
  return {
    groups: [
      {
        name: `${args.platform}-migrations`,
        rules: [
          {
            alert: "MigrationFailed",
            expr: `max by (namespace, job_name) (kube_job_failed{${jobs}, condition="true"}) > 0`,
            labels: { severity: "critical" },
            annotations: {
              summary: "The migration Job {{ $labels.job_name }} has failed",
              description: `The database is at its last good migration, and the services behind it are not rolled out. ${logs}`,
            },
          },
          {
            alert: "MigrationOverlong",
            expr: `(time() - max by (namespace, job_name) (kube_job_status_start_time{${jobs}})) > ${args.longAfter} * max by (namespace, job_name) (kube_job_spec_active_deadline_seconds{${jobs}}) and max by (namespace, job_name) (kube_job_status_active{${jobs}}) > 0`,
            labels: { severity: "warning" },
            annotations: {
              summary: `The migration Job {{ $labels.job_name }} has used ${share} % of its deadline`,
              description: `At the deadline it is ended and rolled back. ${logs}`,
            },
          },
          {
            alert: "MigrationGateWaiting",
            expr: `max by (namespace, pod) (kube_pod_init_container_status_running{namespace="${args.services}", container="schema-gate"}) > 0`,
            for: GATE_PATIENCE,
            labels: { severity: "warning" },
            annotations: {
              summary: "The pod {{ $labels.pod }} waits for its schema",
              description: `kubectl logs --namespace ${args.services} {{ $labels.pod }} --container schema-gate`,
            },
          },
        ],
      },
    ],
  };
}

/** Label matchers of every Job of the platform. */
export function jobsOf({ platform, jobs }: Pick<RuleArgs, "platform" | "jobs">): string {
  return `namespace="${jobs}", job_name=~"${platform}-.+"`;
}
