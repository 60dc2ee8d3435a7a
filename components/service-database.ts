import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { DatabasePlan } from "@tidegate/migrator/contract";
import type { PodSettings } from "../config/pod-settings.ts";
import { BootstrapJob } from "./bootstrap-job.ts";
import { buildConnectionData } from "./connection.ts";
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
  /** What has to exist before anybody logs in. */
  readonly ready: readonly pulumi.Resource[];
  /** Its replacement means an empty database; absent where the deployer can't see that. */
  readonly replacedWith?: pulumi.Resource;

  constructor(name: string, args: ServiceDatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tidegate:components:ServiceDatabase", name, {}, opts);
    const { plan, server, place, kubeName } = args;
    const password = new RolePassword(
      `${name}-migrator-password`,
      { send: args.passwords },
      { parent: this },
    );
    const access = this.provision(name, args, password);
    this.migratorSecret = `${kubeName}-migrator`;
    const secret = new k8s.core.v1.Secret(
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
    this.ready = [...server.ready, ...access.ready, secret];
    if (access.replacedWith !== undefined) this.replacedWith = access.replacedWith;
    this.registerOutputs();
  }

  private provision(
    name: string,
    args: ServiceDatabaseArgs,
    password: RolePassword,
  ): { readonly ready: readonly pulumi.Resource[]; readonly replacedWith?: pulumi.Resource } {
    const { plan, server } = args;
    if (server.provider !== undefined) {
      const made = new ProvisionedDatabase(
        `${name}-access`,
        {
          plan,
          admin: server.admin.user,
          migratorPassword: password.sent,
          provider: server.provider,
          protect: args.protect,
          ...(server.holder !== undefined && { holder: server.holder }),
        },
        { parent: this },
      );
      return { ready: made.ready, replacedWith: made.database };
    }
    if (server.admin.secret === undefined) {
      throw new pulumi.ResourceError("no admin Secret for provisioning by Job", this, true);
    }
    const made = new BootstrapJob(
      `${name}-bootstrap`,
      {
        plan: { format: 1, database: plan, logins: [] },
        passwords: { [plan.migratorPasswordEnv]: password.sent },
        image: args.image,
        server: server.pods,
        adminSecret: server.admin.secret,
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
