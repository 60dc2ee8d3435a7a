import type { types } from "@pulumi/kubernetes";
import { SCHEMA_FILE } from "@tidegate/migrator/contract";
import type { ServiceSpec } from "../config/spec.ts";
import { buildCaMount, buildRunnerEnv, buildSecretEnv, type PodAddress } from "./connection.ts";
import { digestOf } from "./digest.ts";
import type { GatedConnection, SchemaSource } from "./gate.ts";
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
import { buildConnectionEnv } from "./service-connection.ts";
import { buildToolGate } from "./tool-gate.ts";

type EnvVar = types.input.core.v1.EnvVar;

const SCHEMA_DIR = "/etc/tidegate/schema";

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
  const gated = connections.filter(isGated);
  const initContainers = [
    // First, as what is behind them may reach the server through one of them only.
    ...buildSidecars(service.pod),
    ...buildMigrateContainers(migration, ca.mounts),
    ...(gated.length === 0 ? [] : [buildSchemaGate({ ...args, connections: gated }, ca.mounts)]),
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
        ...gated.flatMap(({ gate: { schema } }) =>
          schema === undefined ? [] : [buildSchemaVolume(schema)],
        ),
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

/**
 * The pod's own gate. What it waits for is not in the template but in a ConfigMap of a stable name: a
 * new migration must not roll the services.
 */
function buildSchemaGate(
  args: ServicePodArgs,
  caMounts: readonly types.input.core.v1.VolumeMount[],
): types.input.core.v1.Container {
  const { service, connections } = args;
  return {
    name: "schema-gate",
    image: args.gateImage,
    args: [
      "wait",
      ...connections.flatMap((connection) =>
        connection.gate.schema === undefined
          ? []
          : ["--schema", `${prefixOf(connection)}=${schemaDir(connection)}/${SCHEMA_FILE}`],
      ),
      ...connections.flatMap((connection) => {
        const min = connection.use.schema?.min;
        return min === undefined ? [] : ["--min", `${prefixOf(connection)}=${min}`];
      }),
      "--timeout",
      String(service.gateTimeoutSeconds),
    ],
    env: connections.flatMap((connection) =>
      buildRunnerEnv(
        connection.login.sourceOf(connection.use.database),
        args.server.tls,
        `${prefixOf(connection)}_`,
      ),
    ),
    resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "128Mi" } },
    securityContext: buildContainerSecurityContext(),
    terminationMessagePolicy: "FallbackToLogsOnError",
    volumeMounts: [
      ...connections.flatMap((connection) =>
        connection.gate.schema === undefined
          ? []
          : [
              {
                name: connection.gate.schema.volume,
                mountPath: schemaDir(connection),
                readOnly: true,
              },
            ],
      ),
      ...caMounts,
    ],
  };
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

function prefixOf(connection: GatedConnection): string {
  return connection.use.database.toUpperCase();
}

function schemaDir(connection: GatedConnection): string {
  return `${SCHEMA_DIR}/${connection.use.database}`;
}

function buildSchemaVolume({ volume, configMap, key }: SchemaSource): types.input.core.v1.Volume {
  return {
    name: volume,
    configMap: { name: configMap, ...(key !== undefined && { items: [{ key, path: key }] }) },
  };
}

/**
 * Whether the pod's gate waits for this database: for its ConfigMap, or for what the service itself asks
 * for. A program that migrates as it starts would wait for itself.
 */
function isGated({ gate, use }: GatedConnection): boolean {
  if (gate.migrates?.by === "startup") return false;
  // The history of a tool that nobody here can read is the tool's own affair.
  if (gate.kind === "job" && gate.schema === undefined) return false;
  return gate.schema !== undefined || use.schema?.min !== undefined;
}

function migrationOf({ connections, server, service }: ServicePodArgs): PodMigrationArgs {
  return {
    connections,
    tls: server.tls,
    rolloutTimeoutSeconds: service.rolloutTimeoutSeconds,
  };
}
