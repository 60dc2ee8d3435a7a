import type * as pulumi from "@pulumi/pulumi";
import type { ServiceDatabaseSpec } from "../config/spec.ts";
import type { Credentials } from "./credentials.ts";
import { type GateOptions, gateOptions, type Hold } from "./gate-options.ts";
import type { GateParts, SchemaSource } from "./gate-parts.ts";
import { watchFiles, watchJob, watchRollouts } from "./gate-status.ts";
import type { PodMigrates } from "./pod-migrates.ts";
import type { ToolGateArgs } from "./tool-gate.ts";

/**
 * The migrated schema of a database. A service gets its connection from here and from nowhere else, so
 * that a service without its gate cannot be written.
 */
export class Gate implements Hold {
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
