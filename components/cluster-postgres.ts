import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Address, ResourcesSpec } from "../config/spec.ts";
import { buildLabels, buildSelector } from "./labels.ts";
import type { Placement } from "./placement.ts";
import { buildPodSettings } from "./pod-settings.ts";
import { buildContainerSecurityContext, buildPodSecurityContext } from "./pod-security.ts";

const PORT = 5432;
/** Numeric user of the official Postgres image (Debian). */
const POSTGRES_USER = 999;

export interface ClusterPostgresArgs {
  /** Image of the server. Another major version needs another volume: Postgres refuses old data. */
  readonly image: string;
  /** The superuser that the image creates. Read on the first start only. */
  readonly user: string;
  /** Its database. Read on the first start only. */
  readonly database: string;
  /** Secret with the key `password`. */
  readonly adminSecret: k8s.core.v1.Secret;
  /** Size of the volume, for example `1Gi`. A StatefulSet's claim can't be changed: it is replaced. */
  readonly storage: string;
  /** Storage class; absent: the cluster's default. */
  readonly storageClass?: string;
  /** Existing Secrets with logins of registries. */
  readonly imagePullSecrets?: readonly string[];
  readonly resources: ResourcesSpec;
  /** Where the objects go. */
  readonly place: Placement;
  /** Refuses the deletion of the StatefulSet. */
  readonly protect: boolean;
}

/** Postgres as a StatefulSet of one pod, for preview environments. */
export class ClusterPostgres extends pulumi.ComponentResource {
  readonly ready: readonly pulumi.Resource[];
  /** Roles and databases go with it. */
  readonly statefulSet: pulumi.Resource;

  constructor(name: string, args: ClusterPostgresArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tidegate:components:ClusterPostgres", name, {}, opts);
    const part = {
      platform: args.place.platform,
      name: "postgres",
      component: "database-server",
    } as const;
    const labels = buildLabels(part);
    const selector = buildSelector(part);
    const service = new k8s.core.v1.Service(
      `${name}-service`,
      {
        metadata: { name: "postgres", namespace: args.place.namespaceReady, labels },
        spec: { selector, ports: [{ name: "postgres", port: PORT }] },
      },
      { parent: this, deleteBeforeReplace: true },
    );
    const statefulSet = new k8s.apps.v1.StatefulSet(
      `${name}-server`,
      {
        metadata: { name: "postgres", namespace: args.place.namespaceReady, labels },
        spec: buildStatefulSet(args, labels, selector),
      },
      {
        parent: this,
        protect: args.protect,
        deleteBeforeReplace: true,
        dependsOn: [args.adminSecret],
      },
    );
    this.ready = [service, statefulSet];
    this.statefulSet = statefulSet;
    this.registerOutputs();
  }
}

/** Where pods reach it; known before it is made, as the admin's Secret names it. */
export function clusterAddress(place: Placement): Address {
  return { host: `postgres.${place.namespace}.svc`, port: PORT };
}

/** The StatefulSet's specification. */
function buildStatefulSet(
  args: Omit<ClusterPostgresArgs, "adminSecret"> & { readonly adminSecret: AdminSecret },
  labels: Record<string, string>,
  selector: Record<string, string>,
): k8s.types.input.apps.v1.StatefulSetSpec {
  return {
    serviceName: "postgres",
    replicas: 1,
    selector: { matchLabels: selector },
    template: {
      metadata: { labels },
      spec: {
        automountServiceAccountToken: false,
        securityContext: buildPodSecurityContext(POSTGRES_USER),
        ...buildPodSettings(args),
        containers: [
          {
            name: "postgres",
            image: args.image,
            ports: [{ name: "postgres", containerPort: PORT }],
            env: [
              { name: "POSTGRES_USER", value: args.user },
              { name: "POSTGRES_DB", value: args.database },
              {
                name: "POSTGRES_PASSWORD",
                valueFrom: {
                  secretKeyRef: { name: args.adminSecret.metadata.name, key: "password" },
                },
              },
              // A folder below the mount: a fresh volume's own root holds lost+found, which initdb refuses.
              { name: "PGDATA", value: "/var/lib/postgresql/data/pgdata" },
            ],
            readinessProbe: {
              exec: { command: ["pg_isready", "--host=127.0.0.1", `--username=${args.user}`] },
              periodSeconds: 2,
            },
            resources: { ...args.resources },
            securityContext: buildContainerSecurityContext(),
            volumeMounts: [
              { name: "data", mountPath: "/var/lib/postgresql/data" },
              { name: "run", mountPath: "/var/run/postgresql" },
              { name: "tmp", mountPath: "/tmp" },
            ],
          },
        ],
        volumes: [
          { name: "run", emptyDir: {} },
          { name: "tmp", emptyDir: {} },
        ],
      },
    },
    volumeClaimTemplates: [
      {
        metadata: { name: "data" },
        spec: {
          accessModes: ["ReadWriteOnce"],
          resources: { requests: { storage: args.storage } },
          ...(args.storageClass !== undefined && { storageClassName: args.storageClass }),
        },
      },
    ],
    // The claim goes with the StatefulSet: a preview environment leaves nothing behind.
    persistentVolumeClaimRetentionPolicy: { whenDeleted: "Delete", whenScaled: "Retain" },
  };
}

/** What the StatefulSet needs of the admin's Secret. */
export interface AdminSecret {
  readonly metadata: { readonly name: pulumi.Input<string> };
}
