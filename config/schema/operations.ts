import { z } from "zod";
import { strict } from "./strict.ts";

/** A switch at the top of a stack, where Pulumi hands booleans over as text. */
const topLevelSwitch = z
  .union([z.boolean(), z.enum(["true", "false"]).transform((text) => text === "true")], {
    error: "must be true or false",
  })
  .optional();

/** The key `networkPolicies`. */
export const networkPolicies = topLevelSwitch.describe(
  "true: only pods that need it reach Postgres (kind cluster), and migrations reach nothing but Postgres and DNS; needs a network that enforces NetworkPolicies. Default false.",
);

const labels = z
  .record(z.string().min(1), z.string())
  .describe("Labels by which Prometheus or Grafana finds it.");

/** The key `monitoring`. */
export const monitoring = strict({
  prometheusRule: z
    .union([z.boolean(), strict({ labels: labels.default({}) })], {
      error: "must be true, false or { labels }",
    })
    .default(false)
    .describe(
      "A PrometheusRule for failed and overlong migrations and for pods that wait at their gate: true, or { labels }. Needs the Prometheus operator and kube-state-metrics. Default false.",
    ),
  grafanaDashboard: z
    .union([z.boolean(), strict({ labels: labels.default({}) })], {
      error: "must be true, false or { labels }",
    })
    .default(false)
    .describe(
      'A dashboard as a ConfigMap with the label grafana_dashboard: "1" of Grafana\'s sidecar: true, or { labels }. Default false.',
    ),
  longAfter: z
    .number()
    .min(0.05, { error: "must be a share of the deadline from 0.05 to 1" })
    .max(1, { error: "must be a share of the deadline from 0.05 to 1" })
    .default(0.5)
    .describe("Share of a migration's deadline after which it is overlong; default 0.5."),
}).describe("Alerts and a dashboard, both made of what kube-state-metrics says.");

/** The key `notifications`. */
export const notifications = strict({
  webhook: z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/, { error: "must be a configuration key, such as slackWebhook" })
    .describe(
      "Key of a secret with the URL of a Slack-compatible webhook, set by pulumi config set --secret <key>.",
    ),
  on: z
    .array(z.enum(["success", "failure"]))
    .min(1, { error: "must name success, failure or both" })
    .default(["success", "failure"])
    .describe("What is told; default both. A run with nothing pending is never told."),
}).describe("Tells a webhook what a migration did. It never fails a migration.");
