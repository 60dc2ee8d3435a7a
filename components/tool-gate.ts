import type { types } from "@pulumi/kubernetes";
import type { ConnectionKey } from "../config/spec.ts";
import { type ConnectionSource, sourceEnv } from "./connection-source.ts";
import { buildContainerSecurityContext } from "./pod-security.ts";

/** A command of another tool that stands in for the pod's own gate. */
export interface ToolGateArgs {
  readonly image: string;
  /** Ends with 0 where the schema is there. */
  readonly command: readonly string[];
  /** Environment variable → part of the service's connection. */
  readonly connection: Readonly<Record<string, ConnectionKey>>;
  readonly env: Readonly<Record<string, string>>;
  readonly user: number;
}

/**
 * The init container that runs it with the service's login. One that fails is started again by the
 * kubelet, later each time, so that the command need not wait by itself.
 */
export function buildToolGate(
  args: ToolGateArgs & {
    /** Name of the database in Postgres. */
    readonly database: string;
    /** The service's connection to it. */
    readonly source: ConnectionSource;
  },
  caMounts: readonly types.input.core.v1.VolumeMount[],
): types.input.core.v1.Container {
  return {
    name: `schema-gate-${args.database.replaceAll("_", "-")}`.slice(0, 63).replace(/-+$/, ""),
    image: args.image,
    command: [...args.command],
    env: [
      ...Object.entries({ HOME: "/tmp", ...args.env }).map(([name, value]) => ({ name, value })),
      ...Object.entries(args.connection).map(([name, key]) => sourceEnv(args.source, name, key)),
    ],
    resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "256Mi" } },
    securityContext: buildContainerSecurityContext(args.user),
    terminationMessagePolicy: "FallbackToLogsOnError",
    volumeMounts: [{ name: "tmp", mountPath: "/tmp" }, ...caMounts],
  };
}
