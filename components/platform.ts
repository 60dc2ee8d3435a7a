import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { newestMigration } from "../config/newest-migration.ts";
import type { PlatformSpec } from "../config/spec.ts";
import { inOrder } from "./in-order.ts";
import type { MigrationRun } from "./migration-run.ts";
import { Monitoring } from "./monitoring.ts";
import { NetworkAccess } from "./network-access.ts";
import { Notifications } from "./notifications.ts";
import type { Placement } from "./placement.ts";
import { pick, pickSecret, type PlatformContext } from "./platform-context.ts";
import { createContract, createDatabase, type Database } from "./platform-database.ts";
import { PlatformImages } from "./platform-images.ts";
import { createRollback } from "./platform-rollback.ts";
import { createService } from "./platform-service.ts";
import { PostgresServer } from "./postgres-server.ts";
import type { Service } from "./service.ts";

export interface PlatformArgs {
  /** The parsed description of everything that the stack deploys. */
  readonly spec: PlatformSpec;
  /** Password of the server's admin; generated where the stack makes the server. */
  readonly adminPassword?: pulumi.Output<string>;
  /** Values of every `secretEnv`, by their key in the stack's configuration. */
  readonly secrets: Readonly<Record<string, pulumi.Output<string>>>;
}

/** The composition: one Postgres server, its databases, their migrations, the services. */
export class Platform extends pulumi.ComponentResource {
  /** The Kubernetes namespace of everything. */
  readonly namespace: string;
  /** Address in the cluster by service. */
  readonly services: Readonly<Record<string, string>>;
  /** Newest migration by database. */
  readonly schemas: Readonly<Record<string, string>>;
  /** What every migration Job did, in the order of the spec, those of the phase contract last. */
  readonly migrations: pulumi.Output<readonly MigrationRun[]>;

  readonly #name: string;
  readonly #args: PlatformArgs;
  readonly #place: Placement;
  /** Where Jobs go: the same, unless the spec names a namespace for them. */
  readonly #jobs: Placement;

  constructor(name: string, args: PlatformArgs, opts?: pulumi.ComponentResourceOptions) {
    const { spec } = args;
    // The specification is no input of the component: its state would repeat every migration.
    super("tidegate:components:Platform", name, {}, opts);
    this.#name = name;
    this.#args = args;
    const images = new PlatformImages(name, this);
    const provider = new k8s.Provider(
      `${name}-cluster`,
      {
        context: spec.context,
        // Absent, the path in KUBECONFIG would go into the state, and another machine's be a change.
        kubeconfig: "",
        // Secrets and ConfigMaps keep their names, so they must change in place.
        enableSecretMutable: true,
        enableConfigMapMutable: true,
      },
      { parent: this },
    );
    const inCluster = { parent: this, providers: { kubernetes: provider } };
    this.#place = {
      platform: spec.name,
      namespace: spec.namespace.name,
      namespaceReady: this.createNamespace("namespace", spec.namespace, provider),
    };
    this.#jobs =
      spec.migrationNamespace === undefined
        ? this.#place
        : {
            platform: spec.name,
            namespace: spec.migrationNamespace.name,
            namespaceReady: this.createNamespace(
              "migration-namespace",
              spec.migrationNamespace,
              provider,
            ),
          };
    const notifications = this.createNotifications(inCluster);
    const server = new PostgresServer(
      `${name}-postgres`,
      {
        server: spec.server,
        provisioning: spec.provisioning,
        passwords: spec.passwords,
        runner: {
          image: spec.images.migrator.reference,
          after:
            spec.server.admin.passwordGeneration === undefined
              ? []
              : images.resourcesOf(spec.images.migrator),
        },
        place: this.#place,
        jobs: this.#jobs,
        protect: spec.databases.some((database) => database.protect),
        ...(args.adminPassword !== undefined && { adminPassword: args.adminPassword }),
      },
      inCluster,
    );
    const context: PlatformContext = {
      name,
      spec,
      secrets: args.secrets,
      server,
      place: this.#place,
      jobs: this.#jobs,
      images,
      ...(notifications !== undefined && { notifications }),
      options: inCluster,
    };
    const databases = new Map<string, Database>();
    for (const database of inOrder(spec.databases)) {
      databases.set(database.name, createDatabase(context, database, databases));
    }
    const services = new Map<string, Service>();
    // With scaleDown the rollback comes before its services, without it after them.
    const early = spec.rollback?.scaleDown === true;
    const rollback = early ? createRollback(context, databases, services) : undefined;
    for (const service of inOrder(spec.services)) {
      const made = createService(context, service, databases, services, rollback);
      services.set(service.name, made);
    }
    if (!early) createRollback(context, databases, services);
    const contracts = [...databases.values()].flatMap((database) => {
      database.readersGate?.(services);
      return createContract(context, database, services) ?? [];
    });
    this.migrations = pulumi.all([
      ...spec.databases.flatMap(
        ({ name: database }) => pick(databases, database).migration?.run ?? [],
      ),
      ...contracts.map(({ run }) => run),
    ]);
    if (spec.monitoring !== undefined) {
      const { monitoring } = spec;
      const watched = { monitoring, place: this.#place, jobs: this.#jobs };
      new Monitoring(`${name}-monitoring`, watched, inCluster);
    }
    if (spec.networkPolicies === true) {
      const { port } = server.pods;
      const access = { spec, place: this.#place, jobs: this.#jobs, port };
      new NetworkAccess(`${name}-network`, access, inCluster);
    }

    this.namespace = spec.namespace.name;
    this.services = Object.fromEntries(
      spec.services.map((service) => [
        service.name,
        `http://${service.name}.${spec.namespace.name}.svc:${service.port}`,
      ]),
    );
    this.schemas = Object.fromEntries(
      spec.databases.map((database) => [database.name, newestMigration(database) ?? "none"]),
    );
    this.registerOutputs({ namespace: this.namespace, services: this.services });
  }

  private createNamespace(
    part: string,
    namespace: PlatformSpec["namespace"],
    provider: k8s.Provider,
  ): pulumi.Input<string> {
    if (!namespace.create) return namespace.name;
    return new k8s.core.v1.Namespace(
      `${this.#name}-${part}`,
      {
        metadata: {
          name: namespace.name,
          labels: {
            "app.kubernetes.io/part-of": this.#args.spec.name,
            "app.kubernetes.io/managed-by": "tidegate",
            "pod-security.kubernetes.io/enforce": "restricted",
          },
        },
      },
      { parent: this, provider, deleteBeforeReplace: true },
    ).metadata.name;
  }

  private createNotifications(options: pulumi.ComponentResourceOptions): Notifications | undefined {
    const { spec, secrets } = this.#args;
    const { notifications, stack } = spec;
    if (notifications === undefined) return undefined;
    const url = pickSecret(secrets, notifications.webhook);
    return new Notifications(
      `${this.#name}-notifications`,
      { notifications, stack, url, place: this.#jobs },
      options,
    );
  }
}
