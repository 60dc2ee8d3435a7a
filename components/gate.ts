import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { ServiceDatabaseSpec } from "../config/spec.ts";
import { DIGEST_ANNOTATION } from "./migration-job.ts";
import type { ServiceLogin } from "./service-login.ts";

/** What a {@link Gate} is made of; only `Migration` makes one. */
export interface GateParts {
  /** Name of the database in Postgres. */
  readonly database: string;
  /** The Job whose completion opens the gate. */
  readonly job: k8s.batch.v1.Job;
  /** Digest of the Job that this program asks for. */
  readonly digest: string;
  /** ConfigMap with what the pod's own gate waits for; written after the Job. A rollback has none of its own. */
  readonly schema?: k8s.core.v1.ConfigMap;
  /** Its name, known at program time. */
  readonly schemaName: string;
  /** Command that shows the Job's log. */
  readonly logs: string;
  /** Pattern of URNs that takes in everything of this database, for `pulumi up --target`. */
  readonly target: string;
}

/**
 * The completed migration of a database. A service gets its connection from here and from nowhere
 * else, so that a service without its gate cannot be written.
 */
export class Gate {
  readonly database: string;
  readonly schemaName: string;
  /** What a rollout waits for in the graph. */
  readonly dependsOn: readonly pulumi.Resource[];
  readonly target: string;
  readonly #digest: string;
  readonly #logs: string;
  #status: JobStatus = {};

  constructor(parts: GateParts) {
    this.database = parts.database;
    this.schemaName = parts.schemaName;
    this.dependsOn = parts.schema === undefined ? [parts.job] : [parts.job, parts.schema];
    this.target = parts.target;
    this.#digest = parts.digest;
    this.#logs = parts.logs;
    // The hook runs long after the Job's outputs are known; where the engine was told to leave the Job
    // out they never are, and the status stays empty: closed.
    pulumi
      .all([
        parts.job.metadata.name,
        parts.job.spec.template.metadata.annotations,
        parts.job.status,
      ])
      .apply(([name, annotations, status]) => this.#remember(name, annotations, status));
  }

  /** A service's connection to this database. */
  connect(login: ServiceLogin, use: ServiceDatabaseSpec): GatedConnection {
    return new GatedConnection(this, login, use);
  }

  /** Options for a Deployment that Tidegate did not make, so that it is held like one that it made. */
  options(name: string): GateOptions {
    return gateOptions(name, [this]);
  }

  /** Digest of the Job that this program asks for: another one is another run. */
  get digest(): string {
    return this.#digest;
  }

  /** Why the gate is closed, in one sentence; undefined when it is open. */
  closedBecause(): string | undefined {
    return explainStatus(this.database, this.#digest, this.#status, this.#logs);
  }

  #remember(
    name: string,
    annotations: Readonly<Record<string, string>> | undefined,
    status: JobStatus["status"],
  ): void {
    const digest = annotations?.[DIGEST_ANNOTATION];
    this.#status = {
      name,
      ...(digest !== undefined && { digest }),
      ...(status !== undefined && { status }),
    };
  }
}

/**
 * A connection that holds its service until the database's migration has completed. Its private field
 * makes the type nominal: an object literal can't stand in for what a gate hands out.
 */
export class GatedConnection {
  readonly #gate: Gate;
  readonly login: ServiceLogin;
  readonly use: ServiceDatabaseSpec;

  constructor(gate: Gate, login: ServiceLogin, use: ServiceDatabaseSpec) {
    this.#gate = gate;
    this.login = login;
    this.use = use;
  }

  get gate(): Gate {
    return this.#gate;
  }
}

/** What the engine knows of a Job. */
export interface JobStatus {
  readonly name?: string;
  /** What it was made of. */
  readonly digest?: string;
  readonly status?: {
    readonly succeeded?: number;
    readonly failed?: number;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/**
 * Conditions of a Job that has failed. The provider stops looking at the first, when Kubernetes has not
 * counted the failed pod yet. Source: Kubernetes, "Jobs", Terminal Job conditions.
 */
const FAILED_CONDITIONS: readonly string[] = ["FailureTarget", "Failed"];

/** Why a Job's gate is closed; undefined when it has succeeded. */
export function explainStatus(
  database: string,
  digest: string,
  job: JobStatus,
  logs: string,
): string | undefined {
  const which = job.name === undefined ? "the migration Job" : `Job '${job.name}'`;
  if (job.name !== undefined && job.digest !== digest) {
    return `database '${database}': ${which} is an older release's, and its successor was left out of this update`;
  }
  if ((job.status?.succeeded ?? 0) >= 1) return undefined;
  const state = hasFailed(job) ? "has failed" : "has not completed";
  return `database '${database}': ${which} ${state}; see: ${logs}`;
}

function hasFailed({ status }: JobStatus): boolean {
  return (
    (status?.failed ?? 0) >= 1 ||
    (status?.conditions ?? []).some(
      (condition) => FAILED_CONDITIONS.includes(condition.type) && condition.status === "True",
    )
  );
}

/** The options that hold a Deployment. */
export interface GateOptions {
  readonly dependsOn: pulumi.Resource[];
  readonly hooks: pulumi.ResourceHookBinding;
}

/**
 * Options of a gated Deployment: the graph's `dependsOn`, and a hook that holds where the graph is cut
 * (`--target`, `--exclude`).
 */
export function gateOptions(name: string, gates: readonly Gate[]): GateOptions {
  const hook = new pulumi.ResourceHook(`${name}-gate`, () => refuseClosed(name, gates));
  return {
    dependsOn: gates.flatMap((gate) => [...gate.dependsOn]),
    hooks: { beforeCreate: [hook], beforeUpdate: [hook] },
  };
}

/**
 * Throws when any gate is closed.
 *
 * @throws Error that names every closed gate's Job and the command that goes on.
 */
export function refuseClosed(
  name: string,
  gates: readonly Pick<Gate, "target" | "closedBecause">[],
): void {
  const closed = gates.flatMap((gate) => gate.closedBecause() ?? []);
  if (closed.length === 0) return;
  // Images too: a Deployment must not name one that was left out and so never pushed.
  const targets = [`**::${name}-*`, ...gates.map((gate) => gate.target), "**-image"];
  throw new Error(
    `'${name}' is not rolled out, because a migration that it needs has not completed:\n` +
      closed.map((reason) => `  - ${reason}`).join("\n") +
      "\nRun `pulumi up`, or this service with its databases only:\n" +
      `  pulumi up ${targets.map((target) => `--target '${target}'`).join(" ")}`,
  );
}
