import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { MonitoringSpec } from "../config/spec.ts";
import { buildDashboard } from "./grafana-dashboard.ts";
import { buildLabels } from "./labels.ts";
import type { Placement } from "./placement.ts";
import { buildAlertRules } from "./prometheus-rule.ts";

/** The label that Grafana's sidecar looks for by default. Source: kiwigrid/k8s-sidecar, Grafana's chart. */
const DASHBOARD_LABEL = { grafana_dashboard: "1" };

export interface MonitoringArgs {
  /** What is wanted; what is taken out is deleted. */
  readonly monitoring: MonitoringSpec;
  /** Where the services are. */
  readonly place: Placement;
  /** Where the Jobs are, and the objects made here go. */
  readonly jobs: Placement;
}

/** Alerts for the Prometheus operator and a dashboard for Grafana's sidecar, each where it is wanted. */
export class Monitoring extends pulumi.ComponentResource {
  constructor(name: string, args: MonitoringArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tidegate:components:Monitoring", name, {}, opts);
    const { monitoring, place, jobs } = args;
    const rule = {
      platform: jobs.platform,
      jobs: jobs.namespace,
      services: place.namespace,
      longAfter: monitoring.longAfter,
    };
    const labels = buildLabels({
      platform: jobs.platform,
      name: "migrations",
      component: "monitoring",
    });
    if (monitoring.prometheusRule !== undefined) {
      new k8s.apiextensions.CustomResource(
        `${name}-alerts`,
        {
          apiVersion: "monitoring.coreos.com/v1",
          kind: "PrometheusRule",
          metadata: {
            name: "migrations",
            namespace: jobs.namespaceReady,
            labels: { ...labels, ...monitoring.prometheusRule.labels },
          },
          spec: buildAlertRules(rule),
        },
        { parent: this, deleteBeforeReplace: true },
      );
    }
    if (monitoring.grafanaDashboard !== undefined) {
      new k8s.core.v1.ConfigMap(
        `${name}-dashboard`,
        {
          metadata: {
            name: "migrations-dashboard",
            namespace: jobs.namespaceReady,
            labels: { ...labels, ...DASHBOARD_LABEL, ...monitoring.grafanaDashboard.labels },
          },
          data: { [`${jobs.platform}-migrations.json`]: buildDashboard(rule) },
        },
        { parent: this },
      );
    }
    this.registerOutputs();
  }
}
