import * as k8s from "@pulumi/kubernetes";
import * as postgresql from "@pulumi/postgresql";
import * as pulumi from "@pulumi/pulumi";
import type { LoginPlan } from "@tidegate/migrator/contract";
import type { ConnectionKey } from "../config/spec.ts";
import { BootstrapJob } from "./bootstrap-job.ts";
import { buildConnectionData } from "./connection.ts";
import { buildLabels } from "./labels.ts";
import type { Placement } from "./placement.ts";
import type { PostgresServer } from "./postgres-server.ts";
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
  /** Where the objects go. */
  readonly place: Placement;
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
    super("tidegate:components:ServiceLogin", name, args, opts);
    const { server, place, service } = args;
    const passwords = new Map(
      args.logins.map((login, index) => [
        login.role,
        // Named by position, not by role: the logical name is this component's own.
        new RolePassword(
          `${name}-password-${index === 0 ? "a" : "b"}`,
          { send: args.passwords },
          { parent: this },
        ),
      ]),
    );
    const active = args.logins.find((login) => login.canLogin);
    const password = active && passwords.get(active.role);
    if (active === undefined || password === undefined) {
      throw new pulumi.ResourceError(`service '${service}' has no login in use`, this, true);
    }
    const roles = this.provision(name, args, passwords);
    this.username = active.role;
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
                username: active.role,
                password: password.plain,
              }),
            ).map(([key, value]) => [loginKey(database, key as ConnectionKey), value]),
          ),
        ),
      },
      { parent: this, dependsOn: roles },
    );
    this.ready = [...roles, secret];
    this.registerOutputs();
  }

  private provision(
    name: string,
    args: ServiceLoginArgs,
    passwords: ReadonlyMap<string, RolePassword>,
  ): pulumi.Resource[] {
    const { server } = args;
    const { provider } = server;
    if (provider !== undefined) {
      return args.logins.map(
        (login, index) =>
          new postgresql.Role(
            `${name}-${index === 0 ? "a" : "b"}`,
            {
              name: login.role,
              login: login.canLogin,
              roles: [...login.memberOf],
              ...passwordOf(passwords, login.role),
            },
            {
              parent: this,
              provider,
              dependsOn: [...args.groups],
              ...(server.holder !== undefined && { deletedWith: server.holder }),
            },
          ),
      );
    }
    if (server.admin.secret === undefined) {
      throw new pulumi.ResourceError("no admin Secret for provisioning by Job", this, true);
    }
    const made = new BootstrapJob(
      `${name}-bootstrap`,
      {
        plan: { format: 1, logins: args.logins },
        passwords: Object.fromEntries(
          args.logins.flatMap((login) => {
            const password = passwords.get(login.role);
            return password === undefined ? [] : [[login.passwordEnv, password.sent]];
          }),
        ),
        image: args.image,
        server: server.pods,
        adminSecret: server.admin.secret,
        part: args.service,
        after: args.groups,
        place: args.place,
      },
      { parent: this },
    );
    return [made.job];
  }
}

function passwordOf(
  passwords: ReadonlyMap<string, RolePassword>,
  role: string,
): { password?: pulumi.Output<string> } {
  const password = passwords.get(role);
  return password === undefined ? {} : { password: password.sent };
}

/** Key of one part of a connection in a login's Secret, for example `battlescope_auth.url`. */
export function loginKey(database: string, key: ConnectionKey): string {
  return `${database}.${key}`;
}
