import { createHash } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type BootstrapPlan, ENV } from "@tidegate/migrator/contract";
import type { PodSettings } from "../config/spec.ts";
import { buildCaMount, buildRunnerEnv, buildSecretEnv, type PodAddress } from "./connection.ts";
import type { ConnectionSource } from "./connection-source.ts";
import { buildLabels } from "./labels.ts";
import type { Placement } from "./placement.ts";
import { buildRunnerJob, JOB_REPLACE_ON_CHANGES } from "./runner-job.ts";

/** Bound of the Job: it waits for the server and runs a dozen short statements. */
const DEADLINE_SECONDS = 300;

export interface BootstrapJobArgs {
  /** What shall exist; a change runs another Job. Nothing that exists is dropped. */
  readonly plan: BootstrapPlan;
  /** The plan's passwords by the names of their variables; a change runs the Job again. */
  readonly passwords: Readonly<Record<string, pulumi.Output<string>>>;
  /** The runner's image. */
  readonly image: string;
  readonly server: PodAddress;
  /** The admin's connection. */
  readonly admin: ConnectionSource;
  /** Kubernetes name of the part that this is for: a database or a service's login. */
  readonly part: string;
  /** End of its Secret's name, where one part has several Jobs; default `bootstrap`. */
  readonly purpose?: string;
  /** Name of the database in Postgres, for the label. */
  readonly database?: string;
  /** What the Job waits for: the server, the image, of a login the databases' groups. */
  readonly after: readonly pulumi.Resource[];
  /** Where the objects go. */
  readonly place: Placement;
  /** Scheduling, registries and sidecars of its pods. */
  readonly pod?: PodSettings;
  /** Existing account of its pods; default `default`. */
  readonly account?: string;
}

/** Makes databases and roles from inside the cluster, where the deployer can't reach the server. */
export class BootstrapJob extends pulumi.ComponentResource {
  /** Its completion: depend on it. */
  readonly job: k8s.batch.v1.Job;

  constructor(name: string, args: BootstrapJobArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tidegate:components:BootstrapJob", name, {}, opts);
    const { place, plan, part } = args;
    const namespace = place.namespaceReady;
    const labels = buildLabels({
      platform: place.platform,
      name: part,
      component: "bootstrap",
      ...(args.database !== undefined && { database: args.database }),
    });
    const secretName = `${part}-${args.purpose ?? "bootstrap"}`;
    const secret = new k8s.core.v1.Secret(
      `${name}-passwords`,
      { metadata: { name: secretName, namespace, labels }, stringData: { ...args.passwords } },
      { parent: this },
    );
    const ca = buildCaMount(args.server.caConfigMap);
    const spec = buildRunnerJob({
      image: args.image,
      labels,
      annotations: { "tidegate.dev/passwords": fingerprintOf(args.passwords) },
      serviceAccount: args.account ?? "default",
      ...(args.pod !== undefined && { pod: args.pod }),
      main: {
        name: "bootstrap",
        args: ["bootstrap"],
        env: [
          ...buildRunnerEnv(args.admin, args.server.tls),
          ...Object.keys(args.passwords).map((key) => buildSecretEnv(key, secretName, key)),
          { name: ENV.bootstrapPlan, value: JSON.stringify(plan) },
        ],
        mounts: ca.mounts,
      },
      volumes: ca.volumes,
      resources: { requests: { cpu: "20m", memory: "64Mi" }, limits: { memory: "128Mi" } },
      deadlineSeconds: DEADLINE_SECONDS + graceOf(plan),
      retries: 2,
    });
    this.job = new k8s.batch.v1.Job(
      // The component's own name: Pulumi adds nine characters, and a Job's name has 63.
      name,
      { metadata: { namespace, labels }, spec },
      {
        parent: this,
        dependsOn: [secret, ...args.after],
        replaceOnChanges: JOB_REPLACE_ON_CHANGES,
      },
    );
    this.registerOutputs();
  }
}

/** How long the Job may stand still before it locks a login. */
function graceOf({ logins }: BootstrapPlan): number {
  return Math.max(0, ...logins.map(({ graceSeconds }) => graceSeconds ?? 0));
}

/**
 * Changes when a password does, so that the Job runs again; the hash of a long random value tells
 * nothing of it.
 */
function fingerprintOf(
  passwords: Readonly<Record<string, pulumi.Output<string>>>,
): pulumi.Output<string> {
  return pulumi.unsecret(pulumi.all(passwords).apply(fingerprint));
}

function fingerprint(passwords: Readonly<Record<string, string>>): string {
  return createHash("sha256").update(JSON.stringify(passwords)).digest("hex").slice(0, 16);
}
