import type { types } from "@pulumi/kubernetes";
import { SCHEMA_FILE } from "@tidegate/migrator/contract";
import type { TlsSpec } from "../config/spec.ts";
import { buildRunnerEnv } from "./connection.ts";
import type { GatedConnection } from "./gate.ts";
import { buildContainerSecurityContext } from "./pod-security.ts";

/** Folder under which each database's schema ConfigMap is mounted. */
const SCHEMA_DIR = "/etc/tidegate/schema";

/** The pod's own gate. */
export interface SchemaGateArgs {
  /** All connections of the service; the container waits for those whose gate has something to wait for. */
  readonly connections: readonly GatedConnection[];
  readonly tls: TlsSpec;
  /** A change of it rolls the service. */
  readonly image: string;
  /** How long one try waits, in seconds. */
  readonly timeoutSeconds: number;
}

/**
 * The init container that waits, or none where nothing is to be waited for. What it waits for is not in
 * the template but in a ConfigMap of a stable name: a new migration must not roll the services.
 */
export function buildSchemaGates(
  args: SchemaGateArgs,
  caMounts: readonly types.input.core.v1.VolumeMount[],
): types.input.core.v1.Container[] {
  const connections = args.connections.filter(isGated);
  if (connections.length === 0) return [];
  return [
    {
      name: "schema-gate",
      image: args.image,
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
        String(args.timeoutSeconds),
      ],
      env: connections.flatMap((connection) =>
        buildRunnerEnv(
          connection.login.sourceOf(connection.use.database),
          args.tls,
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
    },
  ];
}

/** The volumes with the ConfigMaps that it reads. */
export function buildSchemaVolumes(
  connections: readonly GatedConnection[],
): types.input.core.v1.Volume[] {
  return connections.filter(isGated).flatMap(({ gate: { schema } }) => {
    if (schema === undefined) return [];
    const { volume, configMap, key } = schema;
    const items = key === undefined ? {} : { items: [{ key, path: key }] };
    return [{ name: volume, configMap: { name: configMap, ...items } }];
  });
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

function prefixOf(connection: GatedConnection): string {
  return connection.use.database.toUpperCase();
}

function schemaDir(connection: GatedConnection): string {
  return `${SCHEMA_DIR}/${connection.use.database}`;
}
