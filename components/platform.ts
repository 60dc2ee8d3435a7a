import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { databasePlan, loginPlans } from "../config/access-plan.ts";
import type { PodSettings, SidecarSpec } from "../config/pod-settings.ts";
import { newestMigration } from "../config/newest-migration.ts";
import type {
  DatabaseSpec,
  PlatformSpec,
  ServiceDatabaseSpec,
  ServiceSpec,
} from "../config/spec.ts";
import { ForeignMigration } from "./foreign-migration.ts";
import { Gate } from "./gate.ts";
import { inOrder } from "./in-order.ts";
import { ManualMigration } from "./manual-migration.ts";
import { Migration, type MigrationArgs } from "./migration.ts";
import type { Placement } from "./placement.ts";
import type { MigrationRun } from "./migration-run.ts";
import { Monitoring } from "./monitoring.ts";
import { Notifications } from "./notifications.ts";
import { NetworkAccess } from "./network-access.ts";
import { PlatformImages } from "./platform-images.ts";
import { PodMigration } from "./pod-migration.ts";
import { PostgresServer } from "./postgres-server.ts";
import { Rollback } from "./rollback.ts";
import { Service } from "./service.ts";
import { ServiceDatabase } from "./service-database.ts";
import { ServiceLogin } from "./service-login.ts";
import { existingCredentials } from "./credentials.ts";

export interface PlatformArgs {
  /** The parsed description of everything that the stack deploys. */
  readonly spec: PlatformSpec;
  /** Password of the server's admin; generated where the stack makes the server. */
  readonly adminPassword?: pulumi.Output<string>;
  /** Values of every `secretEnv`, by their key in the stack's configuration. */
  readonly secrets: Readonly<Record<string, pulumi.Output<string>>>;
}

/** What is made for one database. */
interface Database {
  readonly spec: DatabaseSpec;
  readonly access: ServiceDatabase;
  /** What its services wait for; of one that pods migrate, those services whose pods do. */
  readonly gate: Gate;
  /** Of one that a Job of the runner looks at. */
  readonly migration?: Migration;
  /** Of one that pods migrate: the gate of the services that only read it. */
  readonly readersGate?: (services: ReadonlyMap<string, Service>) => Gate;
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
  readonly #images: PlatformImages;
  readonly #notifications: Notifications | undefined;

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
    this.#notifications = this.createNotifications(inCluster);
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
              : this.#images.resourcesOf(spec.images.migrator),
        },
        place: this.#place,
        jobs: this.#jobs,
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
    const contracts = [...databases.values()].flatMap((database) => {
      database.readersGate?.(services);
      return this.createContract(database, server, services, inCluster) ?? [];
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

  #told(): Pick<MigrationArgs, "notifications"> {
    return this.#notifications === undefined ? {} : { notifications: this.#notifications };
  }

  private createDatabase(
    database: DatabaseSpec,
    server: PostgresServer,
    others: ReadonlyMap<string, Database>,
    options: pulumi.ComponentResourceOptions,
  ): Database {
    const { spec } = this.#args;
    const shared = { place: this.#jobs, server };
    const image = spec.images.migrator.reference;
    const images = this.#images.resourcesOf(spec.images.migrator);
    const access = new ServiceDatabase(
      `${this.#name}-${database.kubeName}`,
      {
        ...shared,
        plan: databasePlan(database),
        ...(database.migratorLogin !== undefined && { migrator: database.migratorLogin }),
        kubeName: database.kubeName,
        passwords: spec.passwords,
        image,
        protect: database.protect,
        after: images,
        ...(database.pod !== undefined && { pod: database.pod }),
      },
      options,
    );
    const after = [
      ...images,
      ...database.after.flatMap((name) => others.get(name)?.gate.dependsOn ?? []),
    ];
    return {
      spec: database,
      access,
      ...this.createGate(
        { ...shared, gatePlace: this.#place, database, access, image, after },
        options,
      ),
    };
  }

  /** What the gate of a database is, by its strategy. */
  private createGate(
    args: Pick<
      MigrationArgs,
      "place" | "gatePlace" | "server" | "database" | "access" | "image" | "after"
    >,
    options: pulumi.ComponentResourceOptions,
  ): Omit<Database, "spec" | "access"> {
    const { spec } = this.#args;
    const { database, access, after } = args;
    const { runner } = database;
    const part = `${this.#name}-${database.kubeName}`;
    const name = `${part}-migration`;
    if (runner !== undefined) {
      const foreign = {
        ...args,
        runner,
        context: spec.context,
        after: [...after, ...this.#images.resourcesOf(runner.image)],
        secrets: this.secretsOf(runner.secretEnv),
      };
      return { gate: new ForeignMigration(name, foreign, options).gate };
    }
    switch (database.strategy) {
      case "job":
      case "manual": {
        const commit = spec.commit === undefined ? {} : { commit: spec.commit };
        const lowers = database.maintenance ? this.usersOf(database.name) : [];
        const migration = new Migration(
          name,
          { ...args, phase: "expand", lowers, ...commit, ...this.#told() },
          options,
        );
        if (database.manualRuns) {
          const { jobArgs, needs } = migration;
          new ManualMigration(`${part}-manual`, { jobArgs, needs, place: this.#jobs }, options);
        }
        return { gate: migration.gate, migration };
      }
      case "initContainer":
      case "startup": {
        const services = inOrder(spec.services)
          .filter((service) =>
            service.databases.some((use) => use.database === database.name && use.migrates),
          )
          .map((service) => service.name);
        const pods = new PodMigration(
          name,
          { ...args, by: database.strategy, services, platform: this.#name },
          options,
        );
        let made: Gate | undefined;
        const readersGate = (all: ReadonlyMap<string, Service>): Gate =>
          (made ??= pods.readersGate(services.map((service) => pick(all, service).deployment)));
        return { gate: pods.gate, readersGate };
      }
      case "disabled": {
        const parts = { database: database.name, targets: [`**::${part}-*`] };
        return { gate: new Gate({ kind: "open", ...parts, needs: [...access.ready, ...after] }) };
      }
      default:
        return database.strategy satisfies never;
    }
  }

  private createService(
    service: ServiceSpec,
    server: PostgresServer,
    databases: ReadonlyMap<string, Database>,
    services: ReadonlyMap<string, Service>,
    rollback: Rollback | undefined,
    options: pulumi.ComponentResourceOptions,
  ): Service {
    const { spec } = this.#args;
    const shared = { place: this.#place };
    const used = service.databases.map((use) => ({ use, ...pick(databases, use.database) }));
    const needs = [
      ...this.#images.resourcesOf(service.image),
      ...this.#images.resourcesOf(spec.images.gate),
    ];
    // A database whose login somebody else keeps has no part in the service's own.
    const own = used.filter(({ use }) => use.existingSecret === undefined);
    const { passwordGeneration: generation } = service;
    const login =
      own.length === 0
        ? undefined
        : new ServiceLogin(
            `${this.#name}-${service.name}-login`,
            {
              ...shared,
              jobs: this.#jobs,
              service: service.name,
              logins: loginPlans({ ...service, databases: own.map(({ use }) => use) }),
              ...(generation !== undefined && { generation }),
              databases: own.map(({ spec: database }) => database.name),
              server,
              groups: used.flatMap(({ access }) => access.ready),
              passwords: spec.passwords,
              image: spec.images.migrator.reference,
              ...loginPod(service, spec.server.proxy),
            },
            options,
          );
    const made = new Service(
      `${this.#name}-${service.name}`,
      {
        ...shared,
        service,
        databases: used.flatMap((database) => {
          const { use } = database;
          const credentials =
            use.existingSecret === undefined
              ? login
              : existingCredentials(use.existingSecret, server.pods, generation);
          if (credentials === undefined) return [];
          return [gateOf(database, services, use.migrates).connect(credentials, use)];
        }),
        waitsFor: service.waitsFor.map((name) => gateOf(pick(databases, name), services)),
        lowered: used.flatMap(({ spec: database, gate }) => [
          ...(database.maintenance ? [gate] : []),
          ...(rollback?.gate.database === database.name ? [rollback.gate] : []),
        ]),
        after: service.after.map((name) => pick(services, name)),
        needs: [...needs, ...(login?.ready ?? [])],
        server: server.pods,
        gateImage: spec.images.gate.reference,
        secrets: this.secretsOf(service.secretEnv),
      },
      options,
    );
    login?.lockOther(made.deployment);
    return made;
  }

  /** The values of a `secretEnv`, by variable. */
  private secretsOf(
    secretEnv: Readonly<Record<string, string>>,
  ): Readonly<Record<string, pulumi.Output<string>>> {
    return Object.fromEntries(
      Object.entries(secretEnv).map(([variable, key]) => [
        variable,
        pickSecret(this.#args.secrets, key),
      ]),
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
    if (migration === undefined) throw new Error(`no Job migrates '${spec.name}'`);
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
        place: this.#jobs,
        servicesPlace: this.#place,
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
  ): Migration | undefined {
    const { spec } = this.#args;
    if (database.strategy === "disabled") return undefined;
    // Nothing goes forward while a rollback of the database stands.
    if (database.pinned !== undefined) return undefined;
    if (!database.migrations.migrations.some((entry) => entry.phase === "contract")) {
      return undefined;
    }
    const users = spec.services.filter((service) =>
      service.databases.some((use) => use.database === database.name),
    );
    return new Migration(
      `${this.#name}-${database.kubeName}-contract`,
      {
        place: this.#jobs,
        gatePlace: this.#place,
        server,
        database,
        phase: "contract",
        access,
        image: spec.images.migrator.reference,
        after: users.map((service) => pick(services, service.name).deployment),
        services: users,
        ...(spec.commit !== undefined && { commit: spec.commit }),
        ...this.#told(),
      },
      options,
    );
  }
}

/** The job that makes a login goes where the service goes; of sidecars it needs the server's only. */
function loginPod(
  { pod }: ServiceSpec,
  proxy: SidecarSpec | undefined,
): { readonly pod?: PodSettings } {
  const { sidecars: _own, ...settings } = pod ?? {};
  const needed = { ...settings, ...(proxy !== undefined && { sidecars: [proxy] }) };
  return Object.keys(needed).length === 0 ? {} : { pod: needed };
}

/** The gate of a service, by whether its own pods migrate. */
function gateOf(
  { gate, readersGate }: Database,
  services: ReadonlyMap<string, Service>,
  migrates?: ServiceDatabaseSpec["migrates"],
): Gate {
  return migrates === undefined && readersGate !== undefined ? readersGate(services) : gate;
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
