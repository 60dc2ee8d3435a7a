import type { types } from "@pulumi/kubernetes";
import type { ServiceSpec } from "../config/spec.ts";
import { buildCaMount, buildSecretEnv, type PodAddress } from "./connection.ts";
import { digestOf } from "./digest.ts";
import type { GatedConnection } from "./gate.ts";
import { buildEnvFrom, buildPodSettings, buildSidecars } from "./pod-settings.ts";
import { buildContainerSecurityContext, buildPodSecurityContext } from "./pod-security.ts";
import {
  buildMigrateContainers,
  buildMigrationVolumes,
  buildStartupEnv,
  buildStartupMounts,
  buildStartupProbe,
  type PodMigrationArgs,
} from "./pod-migrates.ts";
import { buildSchemaGates, buildSchemaVolumes } from "./schema-gate.ts";
import { buildConnectionEnv } from "./service-connection.ts";
import { buildToolGate } from "./tool-gate.ts";

type EnvVar = types.input.core.v1.EnvVar;

export interface ServicePodArgs {
  readonly service: ServiceSpec;
  readonly connections: readonly GatedConnection[];
  readonly server: PodAddress;
  /** Image of the pod's own gate. */
  readonly gateImage: string;
  /** Secret with the variables of `secretEnv`; absent where there are none. */
  readonly secretEnvName?: string;
  readonly serviceAccount: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** How long a pod serves on after it was told to end, in seconds: proxies learn of it a little later. */
const DRAIN_SECONDS = 5;

/** The pod of a service: `schema-gate` holds it until its databases' schemas are there. */
export function buildServicePod(args: ServicePodArgs): types.input.core.v1.PodTemplateSpec {
  const { service, connections } = args;
  const ca = buildCaMount(connections.length === 0 ? undefined : args.server.caConfigMap);
  const migration = migrationOf(args);
  const gate = {
    connections,
    tls: args.server.tls,
    image: args.gateImage,
    timeoutSeconds: service.gateTimeoutSeconds,
  };
  const initContainers = [
    // First, as what is behind them may reach the server through one of them only.
    ...buildSidecars(service.pod),
    ...buildMigrateContainers(migration, ca.mounts),
    ...buildSchemaGates(gate, ca.mounts),
    ...buildToolGates(connections, ca.mounts),
  ];
  return {
    metadata: { labels: { ...args.labels }, ...buildAnnotations(args) },
    spec: {
      serviceAccountName: args.serviceAccount,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: buildPodSecurityContext(),
      ...buildPodSettings(service.pod),
      ...(initContainers.length > 0 && { initContainers }),
      containers: [
        {
          name: service.name,
          image: service.image.reference,
          ports: [{ name: "http", containerPort: service.port }],
          env: buildEnv(args),
          ...(service.envFrom.length > 0 && { envFrom: service.envFrom.map(buildEnvFrom) }),
          resources: { ...service.resources },
          livenessProbe: {
            httpGet: { path: service.probes.liveness, port: "http" },
            periodSeconds: 10,
            failureThreshold: 3,
          },
          readinessProbe: {
            httpGet: { path: service.probes.readiness, port: "http" },
            periodSeconds: 2,
            timeoutSeconds: 5,
            failureThreshold: 3,
          },
          ...buildStartupProbe(migration, service.probes.liveness),
          securityContext: buildContainerSecurityContext(),
          lifecycle: { preStop: { sleep: { seconds: DRAIN_SECONDS } } },
          volumeMounts: [
            { name: "tmp", mountPath: "/tmp" },
            ...ca.mounts,
            ...buildStartupMounts(migration),
          ],
        },
      ],
      volumes: [
        { name: "tmp", emptyDir: {} },
        ...ca.volumes,
        ...buildSchemaVolumes(connections),
        ...buildMigrationVolumes(migration),
      ],
    },
  };
}

/**
 * What the pods read when they start, and what has a stable name: a change of it rolls them, or they
 * would keep a login that is locked, or an authority that no longer signs the server's certificate.
 */
function buildAnnotations({ connections, server }: ServicePodArgs): {
  readonly annotations?: Record<string, string>;
} {
  if (connections.length === 0) return {};
  const { ca } = server.tls;
  return {
    annotations: {
      ...mergeAnnotations(connections),
      ...(ca !== undefined && { "tidegate.dev/ca": digestOf(ca) }),
    },
  };
}

function mergeAnnotations(connections: readonly GatedConnection[]): Record<string, string> {
  return Object.fromEntries(connections.flatMap(({ login }) => Object.entries(login.annotations)));
}

/** One container for each database that another tool looks at. */
function buildToolGates(
  connections: readonly GatedConnection[],
  caMounts: readonly types.input.core.v1.VolumeMount[],
): types.input.core.v1.Container[] {
  return connections.flatMap(({ gate: { tool }, login, use }) =>
    tool === undefined
      ? []
      : [
          buildToolGate(
            { ...tool, database: use.database, source: login.sourceOf(use.database) },
            caMounts,
          ),
        ],
  );
}

function buildEnv(args: ServicePodArgs): EnvVar[] {
  const { service, secretEnvName } = args;
  return [
    { name: "PORT", value: String(service.port) },
    ...Object.entries(service.env).map(([name, value]) => ({ name, value })),
    ...(secretEnvName === undefined
      ? []
      : Object.keys(service.secretEnv).map((name) => buildSecretEnv(name, secretEnvName, name))),
    ...buildConnectionEnv(args),
    ...buildStartupEnv(migrationOf(args)),
  ];
}

function migrationOf({ connections, server, service }: ServicePodArgs): PodMigrationArgs {
  return {
    connections,
    tls: server.tls,
    rolloutTimeoutSeconds: service.rolloutTimeoutSeconds,
  };
}
