import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { databasePlan, loginPlans } from "../config/access-plan.ts";
import type { DatabaseSpec, PlatformSpec, ServiceSpec } from "../config/spec.ts";
import type { Gate } from "./gate.ts";
import { inOrder } from "./in-order.ts";
import { ManualMigration } from "./manual-migration.ts";
import { Migration } from "./migration.ts";
import type { Placement } from "./placement.ts";
import { PlatformImages } from "./platform-images.ts";
import { PostgresServer } from "./postgres-server.ts";
import { Rollback } from "./rollback.ts";
import { Service } from "./service.ts";
import { ServiceDatabase } from "./service-database.ts";
import { ServiceLogin } from "./service-login.ts";

export interface PlatformArgs {
  /** The parsed description of everything that the stack deploys. */
  readonly spec: PlatformSpec;
  /** Password of the server's admin; generated where the stack makes the server. */
  readonly adminPassword?: pulumi.Output<string>;
  /** Values of the services' `secretEnv`, by their key in the stack's configuration. */
  readonly secrets: Readonly<Record<string, pulumi.Output<string>>>;
}

/** What is made for one database. */
interface Database {
  readonly spec: DatabaseSpec;
  readonly access: ServiceDatabase;
  readonly gate: Gate;
  readonly migration: Migration;
}

/** The composition: one Postgres server, its databases, their migrations, the services. */
export class Platform extends pulumi.ComponentResource {
  /** The Kubernetes namespace of everything. */
  readonly namespace: string;
  /** Address in the cluster by service. */
  readonly services: Readonly<Record<string, string>>;
  /** Newest migration by database. */
  readonly schemas: Readonly<Record<string, string>>;

  readonly #name: string;
  readonly #args: PlatformArgs;
  readonly #place: Placement;
  readonly #images: PlatformImages;

  constructor(name: string, args: PlatformArgs, opts?: pulumi.ComponentResourceOptions) {
    const { spec } = args;
    // The specification is no input of the component: its state would repeat every migration.
    super("tidegate:components:Platform", name, {}, opts);
    this.#name = name;
    this.#args = args;
    this.#images = new PlatformImages(name, this);
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
      namespaceReady: this.createNamespace(provider),
    };
    const server = new PostgresServer(
      `${name}-postgres`,
      {
        server: spec.server,
        provisioning: spec.provisioning,
        place: this.#place,
        protect: spec.databases.some((database) => database.protect),
        ...(args.adminPassword !== undefined && { adminPassword: args.adminPassword }),
      },
      inCluster,
    );
    const databases = new Map<string, Database>();
    for (const database of inOrder(spec.databases)) {
      databases.set(database.name, this.createDatabase(database, server, databases, inCluster));
    }
    const services = new Map<string, Service>();
    // With scaleDown the rollback comes before its services, without it after them.
    const early = spec.rollback?.scaleDown === true;
    const rollback = early ? this.createRollback(databases, services, inCluster) : undefined;
    for (const service of inOrder(spec.services)) {
      services.set(
        service.name,
        this.createService(service, server, databases, services, rollback, inCluster),
      );
    }
    if (!early) this.createRollback(databases, services, inCluster);
    for (const database of databases.values()) {
      this.createContract(database, server, services, inCluster);
    }

    this.namespace = spec.namespace.name;
    this.services = Object.fromEntries(
      spec.services.map((service) => [
        service.name,
        `http://${service.name}.${spec.namespace.name}.svc:${service.port}`,
      ]),
    );
    this.schemas = Object.fromEntries(
      spec.databases.map((database) => [
        database.name,
        (database.pinned?.keeps ?? database.migrations.migrations.map((each) => each.name)).at(
          -1,
        ) ?? "none",
      ]),
    );
    this.registerOutputs({ namespace: this.namespace, services: this.services });
  }

  private createNamespace(provider: k8s.Provider): pulumi.Input<string> {
    const { namespace, name } = this.#args.spec;
    if (!namespace.create) return namespace.name;
    return new k8s.core.v1.Namespace(
      `${this.#name}-namespace`,
      {
        metadata: {
          name: namespace.name,
          labels: {
            "app.kubernetes.io/part-of": name,
            "app.kubernetes.io/managed-by": "tidegate",
            "pod-security.kubernetes.io/enforce": "restricted",
          },
        },
      },
      { parent: this, provider, deleteBeforeReplace: true },
    ).metadata.name;
  }

  private createDatabase(
    database: DatabaseSpec,
    server: PostgresServer,
    others: ReadonlyMap<string, Database>,
    options: pulumi.ComponentResourceOptions,
  ): Database {
    const { spec } = this.#args;
    const shared = { place: this.#place, server };
    const image = spec.images.migrator.reference;
    const images = this.#images.resourcesOf(spec.images.migrator);
    const access = new ServiceDatabase(
      `${this.#name}-${database.kubeName}`,
      {
        ...shared,
        plan: databasePlan(database),
        kubeName: database.kubeName,
        passwords: spec.passwords,
        image,
        protect: database.protect,
        after: images,
      },
      options,
    );
    const migration = new Migration(
      `${this.#name}-${database.kubeName}-migration`,
      {
        ...shared,
        database,
        phase: "expand",
        access,
        image,
        after: [
          ...images,
          ...database.after.flatMap((name) => others.get(name)?.gate.dependsOn ?? []),
        ],
        ...(database.maintenance && { lowers: this.usersOf(database.name) }),
        ...(spec.commit !== undefined && { commit: spec.commit }),
      },
      options,
    );
    if (database.manualRuns) {
      new ManualMigration(
        `${this.#name}-${database.kubeName}-manual`,
        { jobArgs: migration.jobArgs, needs: migration.needs, place: this.#place },
        options,
      );
    }
    return { spec: database, access, gate: migration.gate, migration };
  }

  private createService(
    service: ServiceSpec,
    server: PostgresServer,
    databases: ReadonlyMap<string, Database>,
    services: ReadonlyMap<string, Service>,
    rollback: Rollback | undefined,
    options: pulumi.ComponentResourceOptions,
  ): Service {
    const { spec, secrets } = this.#args;
    const shared = { place: this.#place };
    const used = service.databases.map((use) => ({ use, ...pick(databases, use.database) }));
    const needs = [
      ...this.#images.resourcesOf(service.image),
      ...this.#images.resourcesOf(spec.images.gate),
    ];
    const login =
      service.logins === undefined
        ? undefined
        : new ServiceLogin(
            `${this.#name}-${service.name}-login`,
            {
              ...shared,
              service: service.name,
              logins: loginPlans(service),
              databases: used.map(({ spec: database }) => database.name),
              server,
              groups: used.flatMap(({ access }) => access.ready),
              passwords: spec.passwords,
              image: spec.images.migrator.reference,
            },
            options,
          );
    return new Service(
      `${this.#name}-${service.name}`,
      {
        ...shared,
        service,
        databases: login === undefined ? [] : used.map(({ gate, use }) => gate.connect(login, use)),
        waitsFor: service.waitsFor.map((name) => pick(databases, name).gate),
        lowered: used.flatMap(({ spec: database, gate }) => [
          ...(database.maintenance ? [gate] : []),
          ...(rollback?.gate.database === database.name ? [rollback.gate] : []),
        ]),
        after: service.after.map((name) => pick(services, name)),
        needs: [...needs, ...(login?.ready ?? [])],
        server: server.pods,
        gateImage: spec.images.gate.reference,
        secrets: Object.fromEntries(
          Object.entries(service.secretEnv).map(([variable, key]) => [
            variable,
            pickSecret(secrets, key),
          ]),
        ),
      },
      options,
    );
  }

  /** Names of the services that are connected to a database. */
  private usersOf(database: string): readonly string[] {
    return this.#args.spec.services
      .filter((service) => service.databases.some((use) => use.database === database))
      .map(({ name }) => name);
  }

  /**
   * After the services that are rolled out already, on the images that the stack names, or before all of
   * them; only where the stack asks for it.
   */
  private createRollback(
    databases: ReadonlyMap<string, Database>,
    services: ReadonlyMap<string, Service>,
    options: pulumi.ComponentResourceOptions,
  ): Rollback | undefined {
    const { rollback } = this.#args.spec;
    if (rollback === undefined) return undefined;
    const { spec, gate, migration } = pick(databases, rollback.database);
    const users = this.usersOf(rollback.database);
    return new Rollback(
      `${this.#name}-${spec.kubeName}-rollback`,
      {
        rollback,
        jobArgs: migration.jobArgs,
        after: [
          ...migration.needs,
          ...gate.dependsOn,
          ...users.flatMap((name) => services.get(name)?.deployment ?? []),
        ],
        services: users,
        place: this.#place,
      },
      options,
    );
  }

  /** After the rollout of every service that uses the database; only where there is something to contract. */
  private createContract(
    { spec: database, access }: Database,
    server: PostgresServer,
    services: ReadonlyMap<string, Service>,
    options: pulumi.ComponentResourceOptions,
  ): void {
    const { spec } = this.#args;
    if (!database.migrations.migrations.some((entry) => entry.phase === "contract")) return;
    // Nothing goes forward while a rollback of the database stands.
    if (database.pinned !== undefined) return;
    new Migration(
      `${this.#name}-${database.kubeName}-contract`,
      {
        place: this.#place,
        server,
        database,
        phase: "contract",
        access,
        image: spec.images.migrator.reference,
        after: this.usersOf(database.name).map((name) => pick(services, name).deployment),
        ...(spec.commit !== undefined && { commit: spec.commit }),
      },
      options,
    );
  }
}

function pick<T>(map: ReadonlyMap<string, T>, name: string): T {
  const found = map.get(name);
  if (found === undefined) throw new Error(`'${name}' is not part of the platform`);
  return found;
}

function pickSecret(
  secrets: Readonly<Record<string, pulumi.Output<string>>>,
  key: string,
): pulumi.Output<string> {
  const found = secrets[key];
  if (found === undefined) throw new Error(`the stack's configuration has no secret '${key}'`);
  return found;
}
