import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { ServiceDatabaseSpec } from "../config/spec.ts";
import type { Credentials } from "./credentials.ts";
import { watchFiles, watchJob, watchRollouts } from "./gate-status.ts";
import type { MigrationFiles } from "./migration-files.ts";
import type { PodMigrates } from "./pod-migrates.ts";
import type { ToolGateArgs } from "./tool-gate.ts";

/** What every {@link Gate} is made of. */
interface AnyGateParts {
  /** Name of the database in Postgres. */
  readonly database: string;
  /** Patterns of URNs that take in all that opens it, for `pulumi up --target`. */
  readonly targets: readonly string[];
}

/** A Job opens it: it migrates, or looks that somebody has. */
export interface JobGateParts extends AnyGateParts {
  readonly kind: "job";
  readonly job: k8s.batch.v1.Job;
  /** Digest of the Job that this program asks for. */
  readonly digest: string;
  /**
   * ConfigMap with what the pod's own gate waits for; written after the Job has completed. Absent where
   * the pods do not read one, and of a rollback, which has none of its own.
   */
  readonly schema?: k8s.core.v1.ConfigMap;
  /** Its name, known at program time. */
  readonly schemaName: string;
  /** Command that shows the Job's log. */
  readonly logs: string;
  /** A command of another tool by which the pods themselves look; absent: there is none. */
  readonly tool?: ToolGateArgs;
}

/** The pods that roll out migrate; it holds no more than what they need for that. */
export interface PodGateParts extends AnyGateParts {
  readonly kind: "pod";
  /** The release's migrations; where they were left out of an update, the pods would not start. */
  readonly files: MigrationFiles;
  readonly migrates: PodMigrates;
  /** What a login needs: the database, the Secret, Jobs of other databases. */
  readonly needs: readonly pulumi.Resource[];
  /** Its replacement means an empty database, which running pods would not migrate. */
  readonly replacedWith?: pulumi.Resource;
}

/** The rollout of services whose pods migrate opens it for those that only read. */
export interface RolloutGateParts extends AnyGateParts {
  readonly kind: "rollout";
  readonly deployments: readonly k8s.apps.v1.Deployment[];
  /** The release's migrations, which their pods mount. */
  readonly files: MigrationFiles;
  /** Written after their rollout. */
  readonly schema: k8s.core.v1.ConfigMap;
  readonly schemaName: string;
}

/** Nothing closes it; `needs` has to exist before anybody logs in. */
export interface OpenGateParts extends AnyGateParts {
  readonly kind: "open";
  readonly needs: readonly pulumi.Resource[];
}

export type GateParts = JobGateParts | PodGateParts | RolloutGateParts | OpenGateParts;

/** The file that the pod's own gate reads. */
export interface SchemaSource {
  /** Name of the volume in the pod. */
  readonly volume: string;
  readonly configMap: pulumi.Input<string>;
  /** The only key that is mounted; absent: all. */
  readonly key?: string;
}

/**
 * The migrated schema of a database. A service gets its connection from here and from nowhere else, so
 * that a service without its gate cannot be written.
 */
export class Gate {
  readonly kind: GateParts["kind"];
  readonly database: string;
  readonly targets: readonly string[];
  /** What a rollout waits for in the graph. */
  readonly dependsOn: readonly pulumi.Resource[];
  /** What the pod's own gate waits for; absent: it has nothing to wait for. */
  readonly schema?: SchemaSource;
  /** How the pod asks another tool; absent: it doesn't. */
  readonly tool?: ToolGateArgs;
  /** How the pod itself migrates; absent: it doesn't. */
  readonly migrates?: PodMigrates;
  /** A Deployment behind the gate is replaced with it. */
  readonly replacedWith?: pulumi.Resource;
  /** Digest of the Job that opens it: another one is another run. Absent where no Job does. */
  readonly digest?: string;
  readonly #closed: () => string | undefined;

  constructor(parts: GateParts) {
    this.kind = parts.kind;
    this.database = parts.database;
    this.targets = parts.targets;
    switch (parts.kind) {
      case "job":
        this.dependsOn = [parts.job, ...(parts.schema === undefined ? [] : [parts.schema])];
        if (parts.schema !== undefined) {
          this.schema = { volume: parts.schemaName, configMap: parts.schemaName };
        }
        if (parts.tool !== undefined) this.tool = parts.tool;
        this.digest = parts.digest;
        this.#closed = watchJob(parts);
        break;
      case "pod":
        this.dependsOn = [parts.files.configMap, ...parts.needs];
        this.migrates = parts.migrates;
        if (parts.migrates.schema !== undefined) this.schema = parts.migrates.schema;
        if (parts.replacedWith !== undefined) this.replacedWith = parts.replacedWith;
        this.#closed = watchFiles(parts);
        break;
      case "rollout":
        this.dependsOn = [...parts.deployments, parts.schema];
        this.schema = { volume: parts.schemaName, configMap: parts.schemaName };
        this.#closed = watchRollouts(parts);
        break;
      case "open":
        this.dependsOn = parts.needs;
        this.#closed = () => undefined;
        break;
    }
  }

  /** A service's connection to this database. */
  connect(login: Credentials, use: ServiceDatabaseSpec): GatedConnection {
    return new GatedConnection(this, login, use);
  }

  /** Options for a Deployment that Tidegate did not make, so that it is held like one that it made. */
  options(name: string): GateOptions {
    return gateOptions(name, [this]);
  }

  /** Why the gate is closed, in one sentence; undefined when it is open. */
  closedBecause(): string | undefined {
    return this.#closed();
  }
}

/**
 * A connection that holds its service until the database's migration has completed. Its private field
 * makes the type nominal: an object literal can't stand in for what a gate hands out.
 */
export class GatedConnection {
  readonly #gate: Gate;
  readonly login: Credentials;
  readonly use: ServiceDatabaseSpec;

  constructor(gate: Gate, login: Credentials, use: ServiceDatabaseSpec) {
    this.#gate = gate;
    this.login = login;
    this.use = use;
  }

  get gate(): Gate {
    return this.#gate;
  }
}

export { explainStatus } from "./gate-status.ts";

/** The options that hold a Deployment. */
export interface GateOptions {
  readonly dependsOn: pulumi.Resource[];
  readonly hooks: pulumi.ResourceHookBinding;
  readonly replaceWith?: pulumi.Resource[];
}

/**
 * Options of a gated Deployment: the graph's `dependsOn`, and a hook that holds where the graph is cut
 * (`--target`, `--exclude`).
 */
export function gateOptions(name: string, gates: readonly Gate[]): GateOptions {
  const hook = new pulumi.ResourceHook(`${name}-gate`, () => refuseClosed(name, gates));
  const replaceWith = gates.flatMap((gate) => gate.replacedWith ?? []);
  return {
    dependsOn: gates.flatMap((gate) => [...gate.dependsOn]),
    hooks: { beforeCreate: [hook], beforeUpdate: [hook] },
    ...(replaceWith.length > 0 && { replaceWith }),
  };
}

/**
 * Throws when any gate is closed.
 *
 * @throws Error that names every closed gate's Job and the command that goes on.
 */
export function refuseClosed(
  name: string,
  gates: readonly Pick<Gate, "targets" | "closedBecause">[],
): void {
  const closed = gates.flatMap((gate) => gate.closedBecause() ?? []);
  if (closed.length === 0) return;
  // Images too: a Deployment must not name one that was left out and so never pushed.
  const targets = new Set([`**::${name}-*`, ...gates.flatMap((gate) => gate.targets), "**-image"]);
  throw new Error(
    `'${name}' is not rolled out, because a migration that it needs has not completed:\n` +
      closed.map((reason) => `  - ${reason}`).join("\n") +
      "\nRun `pulumi up`, or this service with its databases only:\n" +
      `  pulumi up ${[...targets].map((target) => `--target '${target}'`).join(" ")}`,
  );
}
