import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { ServiceSpec } from "../config/spec.ts";
import type { PodAddress } from "./connection.ts";
import type { Gate, GatedConnection } from "./gate.ts";
import { gateOptions } from "./gate-options.ts";
import { buildLabels, buildSelector } from "./labels.ts";
import type { Placement } from "./placement.ts";
import { rolloutHook } from "./rollout-silence.ts";
import { raisedAnnotations } from "./scale-down.ts";
import { buildServicePod } from "./service-pod.ts";

/** How much longer than Kubernetes the deployer waits for a rollout, in seconds: Kubernetes knows the reason. */
const GRACE_SECONDS = 60;

export interface ServiceArgs {
  /** The service. A change of its name is another service; any other change is a rollout. */
  readonly service: ServiceSpec;
  /**
   * Its databases, as their gates' handles: there is no other way to a connection. A service without a
   * database says so with an empty list.
   */
  readonly databases: readonly GatedConnection[];
  /** Gates of databases without a connection that hold it too. */
  readonly waitsFor: readonly Gate[];
  /** Gates before whose Jobs it is taken to 0 replicas, and after which it comes back; they hold it too. */
  readonly lowered: readonly Gate[];
  /** Services that are rolled out first. */
  readonly after: readonly Service[];
  /** What its pods need besides: images, logins. */
  readonly needs: readonly pulumi.Resource[];
  readonly server: PodAddress;
  /** Image of the pod's own gate. A change of it rolls the service. */
  readonly gateImage: string;
  /** Values of `secretEnv` by variable. A change alters the Secret; pods see it when they start. */
  readonly secrets: Readonly<Record<string, pulumi.Output<string>>>;
  /** Where the objects go. */
  readonly place: Placement;
}

/** A service that rolls out only after the migrations that it needs. */
export class Service extends pulumi.ComponentResource {
  readonly deployment: k8s.apps.v1.Deployment;

  constructor(name: string, args: ServiceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tidegate:components:Service", name, {}, opts);
    const { service, place } = args;
    const part = { platform: place.platform, name: service.name, component: "service" } as const;
    const labels = buildLabels(part);
    const selector = buildSelector(part);
    const metadata = { name: service.name, namespace: place.namespaceReady, labels };

    const needs: pulumi.Resource[] = [...args.needs];
    if (service.serviceAccount.create) {
      needs.push(
        new k8s.core.v1.ServiceAccount(
          `${name}-account`,
          {
            metadata: {
              ...metadata,
              name: service.serviceAccount.name,
              annotations: { ...service.serviceAccount.annotations },
            },
            automountServiceAccountToken: false,
          },
          { parent: this },
        ),
      );
    }
    const secretEnvName = `${service.name}-env`;
    const hasSecretEnv = Object.keys(args.secrets).length > 0;
    if (hasSecretEnv) {
      needs.push(
        new k8s.core.v1.Secret(
          `${name}-env`,
          { metadata: { ...metadata, name: secretEnvName }, stringData: { ...args.secrets } },
          { parent: this },
        ),
      );
    }

    const connected = args.databases.map((connection) => connection.gate);
    const gates = [...new Set([...connected, ...args.waitsFor, ...args.lowered])];
    const annotations = raisedAnnotations(args.lowered);
    const gate = gateOptions(name, gates);
    const migrates = args.databases.flatMap((connection) => connection.gate.migrates ?? []);
    const rollout = { service: service.name, namespace: place.namespace, migrates };
    this.deployment = new k8s.apps.v1.Deployment(
      `${name}-deployment`,
      {
        metadata: { ...metadata, ...(annotations !== undefined && { annotations }) },
        spec: {
          replicas: service.replicas,
          progressDeadlineSeconds: service.rolloutTimeoutSeconds,
          selector: { matchLabels: selector },
          // Old pods serve until new ones are ready: a held or broken new pod costs no request.
          strategy: {
            type: "RollingUpdate",
            rollingUpdate: { maxUnavailable: 0, maxSurge: 1 },
          },
          template: buildServicePod({
            service,
            connections: args.databases,
            server: args.server,
            gateImage: args.gateImage,
            serviceAccount: service.serviceAccount.name,
            labels,
            ...(hasSecretEnv && { secretEnvName }),
          }),
        },
      },
      {
        ...gate,
        ...(migrates.length > 0 && {
          hooks: { ...gate.hooks, onError: [rolloutHook(name, this, rollout)] },
        }),
        parent: this,
        deleteBeforeReplace: true,
        customTimeouts: rolloutTimeouts(service.rolloutTimeoutSeconds),
        // On the leaf: an order that only the component knew would not hold the Deployment.
        dependsOn: [...needs, ...args.after.map((other) => other.deployment), ...gate.dependsOn],
      },
    );
    new k8s.core.v1.Service(
      `${name}-service`,
      {
        metadata: {
          ...metadata,
          // Whether pods are ready is the Deployment's affair: here it would only wait behind the gate.
          annotations: { "pulumi.com/skipAwait": "true" },
        },
        spec: { selector, ports: [{ name: "http", port: service.port, targetPort: "http" }] },
      },
      { parent: this, deleteBeforeReplace: true },
    );
    if (service.replicas > 1) {
      new k8s.policy.v1.PodDisruptionBudget(
        `${name}-budget`,
        { metadata, spec: { maxUnavailable: 1, selector: { matchLabels: selector } } },
        { parent: this, deleteBeforeReplace: true },
      );
    }
    this.registerOutputs();
  }
}

function rolloutTimeouts(seconds: number): pulumi.CustomTimeouts {
  const bound = `${seconds + GRACE_SECONDS}s`;
  return { create: bound, update: bound };
}
