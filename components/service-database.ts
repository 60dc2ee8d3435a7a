import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { DatabasePlan } from "@tidegate/migrator/contract";
import type { DatabaseSpec, PodSettings } from "../config/spec.ts";
import { BootstrapJob } from "./bootstrap-job.ts";
import { buildConnectionData, existingLogin } from "./connection.ts";
import { type ConnectionSource, generatedSource } from "./connection-source.ts";
import { buildLabels } from "./labels.ts";
import type { Placement } from "./placement.ts";
import type { PostgresServer } from "./postgres-server.ts";
import { ProvisionedDatabase } from "./provisioned-database.ts";
import { RolePassword } from "./role-password.ts";

export interface ServiceDatabaseArgs {
  /**
   * The database, its roles and extensions. A change of a name makes another database and deletes the
   * old one with its data (`protect` refuses that).
   */
  readonly plan: DatabasePlan;
  /** The database's name in Kubernetes. */
  readonly kubeName: string;
  /** The server it lives on. */
  readonly server: PostgresServer;
  /** What the server is sent of the migrator's password. A change alters the role. */
  readonly passwords: "verifier" | "plain";
  /**
   * The migrator's login. A raised generation gives it a new password; a Secret that exists takes the
   * place of the role and of the password that are made here, and deletes those.
   */
  readonly migrator?: NonNullable<DatabaseSpec["migratorLogin"]>;
  /** The runner's image, for provisioning in the cluster. */
  readonly image: string;
  /** What provisioning waits for besides the server: the image. */
  readonly after: readonly pulumi.Resource[];
  /** Where the objects go. */
  readonly place: Placement;
  /** Refuses the deletion of the database. */
  readonly protect: boolean;
  /** Scheduling, registries and sidecars of a Job that provisions. */
  readonly pod?: PodSettings;
}

/** A database with its owner, migrator and group roles, their privileges, and the migrator's Secret. */
export class ServiceDatabase extends pulumi.ComponentResource {
  /** Name of the Secret with the migrator's connection. */
  readonly migratorSecret: string;
  /** Where each part of that connection stands. */
  readonly migratorConnection: ConnectionSource;
  /** What has to exist before anybody logs in. */
  readonly ready: readonly pulumi.Resource[];
  /** Its replacement means an empty database; absent where the deployer can't see that. */
  readonly replacedWith?: pulumi.Resource;

  constructor(name: string, args: ServiceDatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tidegate:components:ServiceDatabase", name, {}, opts);
    const { plan, server } = args;
    const existing = args.migrator?.existingSecret;
    const password = existing === undefined ? this.createPassword(name, args) : undefined;
    const access = this.provision(name, args, password);
    this.migratorSecret = existing?.name ?? `${args.kubeName}-migrator`;
    this.migratorConnection =
      existing === undefined
        ? generatedSource(this.migratorSecret)
        : existingLogin(existing, server.pods, { database: plan.name, username: plan.migrator });
    this.ready = [
      ...server.ready,
      ...access.ready,
      ...(password === undefined ? [] : [this.createSecret(name, args, password)]),
    ];
    if (access.replacedWith !== undefined) this.replacedWith = access.replacedWith;
    this.registerOutputs();
  }

  private createPassword(name: string, args: ServiceDatabaseArgs): RolePassword {
    const generation = args.migrator?.passwordGeneration;
    return new RolePassword(
      `${name}-migrator-password`,
      { send: args.passwords, ...(generation !== undefined && { generation }) },
      { parent: this },
    );
  }

  private createSecret(
    name: string,
    { plan, place, kubeName, server }: ServiceDatabaseArgs,
    password: RolePassword,
  ): pulumi.Resource {
    return new k8s.core.v1.Secret(
      `${name}-migrator`,
      {
        metadata: {
          name: this.migratorSecret,
          namespace: place.namespaceReady,
          labels: buildLabels({
            platform: place.platform,
            name: kubeName,
            component: "migration",
            database: plan.name,
          }),
        },
        stringData: buildConnectionData(server.pods, {
          database: plan.name,
          username: plan.migrator,
          password: password.plain,
        }),
      },
      { parent: this },
    );
  }

  private provision(
    name: string,
    args: ServiceDatabaseArgs,
    password: RolePassword | undefined,
  ): { readonly ready: readonly pulumi.Resource[]; readonly replacedWith?: pulumi.Resource } {
    const { plan, server } = args;
    if (server.provider !== undefined) {
      const made = new ProvisionedDatabase(
        `${name}-access`,
        {
          plan,
          admin: server.admin.user,
          ...(password !== undefined && { migratorPassword: password.sent }),
          provider: server.provider,
          protect: args.protect,
          ...(server.holder !== undefined && { holder: server.holder }),
        },
        { parent: this },
      );
      return { ready: made.ready, replacedWith: made.database };
    }
    if (server.admin.connection === undefined) {
      throw new pulumi.ResourceError("no admin Secret for provisioning by Job", this, true);
    }
    const { migratorPasswordEnv, ...rest } = plan;
    const made = new BootstrapJob(
      `${name}-bootstrap`,
      {
        plan: { format: 1, database: password === undefined ? rest : plan, logins: [] },
        passwords:
          password === undefined || migratorPasswordEnv === undefined
            ? {}
            : { [migratorPasswordEnv]: password.sent },
        image: args.image,
        server: server.pods,
        admin: server.admin.connection,
        part: args.kubeName,
        database: plan.name,
        after: [...server.ready, ...args.after],
        ...(args.pod !== undefined && { pod: args.pod }),
        ...(server.account !== undefined && { account: server.account }),
        place: args.place,
      },
      { parent: this },
    );
    return { ready: [made.job] };
  }
}
