import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { LoginPlan } from "@tidegate/migrator/contract";
import type { PodSettings } from "../config/pod-settings.ts";
import { BootstrapJob } from "./bootstrap-job.ts";
import { buildConnectionData } from "./connection.ts";
import { buildLabels } from "./labels.ts";
import type { Placement } from "./placement.ts";
import type { PostgresServer } from "./postgres-server.ts";
import { type ProvisionedLogin, ProvisionedLogins } from "./provisioned-logins.ts";
import { RolePassword } from "./role-password.ts";

export interface ServiceLoginArgs {
  /** The service's name: a DNS label. */
  readonly service: string;
  /** Its two logins: the one in use, and the locked one that a rotation changes to. */
  readonly logins: readonly LoginPlan[];
  /** Names in Postgres of the databases that it connects to. */
  readonly databases: readonly string[];
  readonly server: PostgresServer;
  /** What has to exist before: the databases' groups, the image. */
  readonly groups: readonly pulumi.Resource[];
  /** What the server is sent of the passwords. */
  readonly passwords: "verifier" | "plain";
  /** The runner's image, for provisioning in the cluster. */
  readonly image: string;
  /** Where the service is, whose pods mount the Secret. */
  readonly place: Placement;
  /** Where a Job that makes the logins goes, beside the admin's Secret. */
  readonly jobs: Placement;
  /** Scheduling, registries and sidecars of a Job that provisions. */
  readonly pod?: PodSettings;
}

/** A service's logins, members of exactly the groups that the spec gives it, and their Secret. */
export class ServiceLogin extends pulumi.ComponentResource {
  /** Name of the Secret; its keys are {@link loginKey}s. */
  readonly secret: string;
  /** The role in use. */
  readonly username: string;
  /** What has to exist before the service's pods start. */
  readonly ready: readonly pulumi.Resource[];

  constructor(name: string, args: ServiceLoginArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tidegate:components:ServiceLogin", name, {}, opts);
    const { server, place, service } = args;
    const logins = args.logins.map((plan, index) => {
      const suffix = index === 0 ? "a" : "b";
      const { plain, sent } = new RolePassword(
        `${name}-password-${suffix}`,
        { send: args.passwords },
        { parent: this },
      );
      return { suffix, plan, password: sent, plain };
    });
    const active = logins.find(({ plan }) => plan.canLogin);
    if (active === undefined) {
      throw new pulumi.ResourceError(`service '${service}' has no login in use`, this, true);
    }
    const roles = this.provision(name, args, logins);
    this.username = active.plan.role;
    this.secret = `${service}-login`;
    const secret = new k8s.core.v1.Secret(
      `${name}-secret`,
      {
        metadata: {
          name: this.secret,
          namespace: place.namespaceReady,
          labels: buildLabels({ platform: place.platform, name: service, component: "service" }),
        },
        stringData: Object.fromEntries(
          args.databases.flatMap((database) =>
            Object.entries(
              buildConnectionData(server.pods, {
                database,
                username: active.plan.role,
                password: active.plain,
              }),
            ).map(([key, value]) => [loginKey(database, key), value]),
          ),
        ),
      },
      { parent: this, dependsOn: [...roles] },
    );
    this.ready = [...roles, secret];
    this.registerOutputs();
  }

  private provision(
    name: string,
    args: ServiceLoginArgs,
    logins: readonly ProvisionedLogin[],
  ): readonly pulumi.Resource[] {
    const { server, groups } = args;
    if (server.provider !== undefined) {
      return new ProvisionedLogins(
        `${name}-access`,
        {
          logins,
          provider: server.provider,
          groups,
          ...(server.holder !== undefined && { holder: server.holder }),
        },
        { parent: this },
      ).ready;
    }
    if (server.admin.secret === undefined) {
      throw new pulumi.ResourceError("no admin Secret for provisioning by Job", this, true);
    }
    const made = new BootstrapJob(
      `${name}-bootstrap`,
      {
        plan: { format: 1, logins: args.logins },
        passwords: Object.fromEntries(
          logins.map(({ plan, password }) => [plan.passwordEnv, password]),
        ),
        image: args.image,
        server: server.pods,
        adminSecret: server.admin.secret,
        part: args.service,
        after: groups,
        ...(args.pod !== undefined && { pod: args.pod }),
        ...(server.account !== undefined && { account: server.account }),
        place: args.jobs,
      },
      { parent: this },
    );
    return [made.job];
  }
}

/** Key of one part of a connection in a login's Secret, for example `battlescope_auth.url`. */
export function loginKey(database: string, key: string): string {
  return `${database}.${key}`;
}
