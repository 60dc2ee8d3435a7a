import * as postgresql from "@pulumi/postgresql";
import * as pulumi from "@pulumi/pulumi";
import type { LoginPlan } from "@tidegate/migrator/contract";
import { rotationHook } from "./login-rotation.ts";

/** One login and what the server gets to know of its password. */
export interface ProvisionedLogin {
  /** End of the logical name, of the login and not of its part in a rotation: `a` or `b`. */
  readonly suffix: string;
  readonly plan: LoginPlan;
  /** Password or verifier. */
  readonly password: pulumi.Output<string>;
}

export interface ProvisionedLoginsArgs {
  /** The service, for messages. */
  readonly service: string;
  /** The logins; a changed name is another role. */
  readonly logins: readonly ProvisionedLogin[];
  readonly provider: postgresql.Provider;
  /** What has to exist before: the groups. */
  readonly groups: readonly pulumi.Resource[];
  /** The volume or StatefulSet that takes the roles with it. */
  readonly holder?: pulumi.Resource;
}

/** A service's logins made by the deployer. */
export class ProvisionedLogins extends pulumi.ComponentResource {
  readonly ready: readonly pulumi.Resource[];
  readonly #name: string;
  readonly #args: ProvisionedLoginsArgs;

  constructor(name: string, args: ProvisionedLoginsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tidegate:components:ProvisionedLogins", name, {}, opts);
    this.#name = name;
    this.#args = args;
    this.ready = args.logins.map((login) => this.add(login, []));
    this.registerOutputs();
  }

  /** Makes one more login, or changes it, after something else: of the same parent, as its name is for ever. */
  add({ suffix, plan, password }: ProvisionedLogin, after: readonly pulumi.Resource[]) {
    const { provider, groups, holder, service } = this.#args;
    const name = `${this.#name}-${suffix}`;
    return new postgresql.Role(
      name,
      { name: plan.role, login: plan.canLogin, roles: [...plan.memberOf], password },
      {
        parent: this,
        provider,
        dependsOn: [...groups, ...after],
        hooks: { beforeUpdate: [rotationHook(name, plan.role, service)] },
        ...(holder !== undefined && { deletedWith: holder }),
      },
    );
  }
}
