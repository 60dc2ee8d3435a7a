import * as postgresql from "@pulumi/postgresql";
import * as pulumi from "@pulumi/pulumi";
import type { LoginPlan } from "@tidegate/migrator/contract";

/** One login and what the server gets to know of its password. */
export interface ProvisionedLogin {
  /** End of the logical name: by position, so that a renamed role keeps it. */
  readonly suffix: string;
  readonly plan: LoginPlan;
  /** Password or verifier. */
  readonly password: pulumi.Output<string>;
}

export interface ProvisionedLoginsArgs {
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

  constructor(name: string, args: ProvisionedLoginsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tidegate:components:ProvisionedLogins", name, {}, opts);
    this.ready = args.logins.map(
      ({ suffix, plan, password }) =>
        new postgresql.Role(
          `${name}-${suffix}`,
          { name: plan.role, login: plan.canLogin, roles: [...plan.memberOf], password },
          {
            parent: this,
            provider: args.provider,
            dependsOn: [...args.groups],
            ...(args.holder !== undefined && { deletedWith: args.holder }),
          },
        ),
    );
    this.registerOutputs();
  }
}
