import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { LoginPlan } from "@tidegate/migrator/contract";
import type { PodSettings } from "../config/spec.ts";
import { loginGeneration } from "../config/access-plan.ts";
import { loginSuffixes } from "../config/names.ts";
import { BootstrapJob } from "./bootstrap-job.ts";
import { buildConnectionData } from "./connection.ts";
import { type ConnectionSource, generatedSource } from "./connection-source.ts";
import { type Credentials, generationAnnotation } from "./credentials.ts";
import { buildLabels } from "./labels.ts";
import { GRACE_SECONDS } from "./login-rotation.ts";
import type { Placement } from "./placement.ts";
import type { PostgresServer } from "./postgres-server.ts";
import { type ProvisionedLogin, ProvisionedLogins } from "./provisioned-logins.ts";
import { RolePassword } from "./role-password.ts";

export interface ServiceLoginArgs {
  /** The service's name: a DNS label. */
  readonly service: string;
  /** Its two logins: the one in use, and the locked one that a rotation changes to. */
  readonly logins: readonly LoginPlan[];
  /**
   * How often the password was renewed; absent: never. Raised by one, the other login is opened with a
   * new password, the pods roll to it, and the one before is locked.
   */
  readonly generation?: number;
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
export class ServiceLogin extends pulumi.ComponentResource implements Credentials {
  /** Name of the Secret; its keys are those of {@link sourceOf}. */
  readonly secret: string;
  readonly annotations: Readonly<Record<string, string>>;
  /** What has to exist before the service's pods start. */
  readonly ready: readonly pulumi.Resource[];
  readonly #name: string;
  readonly #args: ServiceLoginArgs;
  readonly #locked: Login | undefined;
  readonly #provisioned: ProvisionedLogins | undefined;

  constructor(name: string, args: ServiceLoginArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tidegate:components:ServiceLogin", name, {}, opts);
    const { server, place, service } = args;
    this.#name = name;
    this.#args = args;
    const logins = this.createPasswords();
    const active = logins.find(({ plan }) => plan.canLogin);
    if (active === undefined) {
      throw new pulumi.ResourceError(`service '${service}' has no login in use`, this, true);
    }
    this.#locked = logins.find(({ plan }) => !plan.canLogin);
    let roles: readonly pulumi.Resource[];
    if (server.provider === undefined) {
      // Before the first rotation one Job makes both: nobody has used the other one yet.
      roles = [this.runBootstrap("bootstrap", args.generation === undefined ? logins : [active])];
    } else {
      this.#provisioned = new ProvisionedLogins(
        `${name}-access`,
        {
          service,
          logins: [active],
          provider: server.provider,
          groups: args.groups,
          ...(server.holder !== undefined && { holder: server.holder }),
        },
        { parent: this },
      );
      roles = this.#provisioned.ready;
    }
    this.annotations = {
      "tidegate.dev/login": active.plan.role,
      ...generationAnnotation(args.generation),
    };
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

  /** The service's connection to a database. */
  sourceOf(database: string): ConnectionSource {
    return generatedSource(this.secret, `${database}.`);
  }

  /**
   * Locks the login that is not in use, when the pods that used it are gone.
   *
   * @param rollout the Deployment whose pods use the other one.
   */
  lockOther(rollout: pulumi.Resource): void {
    if (this.#locked === undefined) return;
    if (this.#provisioned !== undefined) {
      this.#provisioned.add(this.#locked, [rollout]);
      return;
    }
    if (this.#args.generation === undefined) return;
    const plan = { ...this.#locked.plan, graceSeconds: GRACE_SECONDS };
    this.runBootstrap("retire", [{ ...this.#locked, plan }], [rollout]);
  }

  /** Both logins have one from the start: a password that is made in the middle would be known late. */
  private createPasswords(): readonly Login[] {
    const { generation = 0, logins, passwords } = this.#args;
    return loginSuffixes(generation).flatMap((suffix, index) => {
      const plan = logins[index];
      if (plan === undefined) return [];
      const { plain, sent } = new RolePassword(
        `${this.#name}-password-${suffix}`,
        { send: passwords, generation: loginGeneration(suffix, generation) },
        { parent: this },
      );
      return [{ suffix, plan, password: sent, plain }];
    });
  }

  private runBootstrap(
    purpose: "bootstrap" | "retire",
    logins: readonly Login[],
    after: readonly pulumi.Resource[] = [],
  ): pulumi.Resource {
    const { server, groups, image, service, jobs, pod } = this.#args;
    if (server.admin.connection === undefined) {
      throw new pulumi.ResourceError("no admin Secret for provisioning by Job", this, true);
    }
    return new BootstrapJob(
      `${this.#name}-${purpose}`,
      {
        plan: { format: 1, logins: logins.map(({ plan }) => plan) },
        passwords: Object.fromEntries(
          logins.map(({ plan, password }) => [plan.passwordEnv, password]),
        ),
        image,
        server: server.pods,
        admin: server.admin.connection,
        part: service,
        purpose,
        after: [...groups, ...after],
        ...(pod !== undefined && { pod }),
        ...(server.account !== undefined && { account: server.account }),
        place: jobs,
      },
      { parent: this },
    ).job;
  }
}

/** One of the two. */
interface Login extends ProvisionedLogin {
  /** The password itself, for the Secret. */
  readonly plain: pulumi.Output<string>;
}

/** Key of one part of a connection in a login's Secret, for example `battlescope_auth.url`. */
function loginKey(database: string, key: string): string {
  return `${database}.${key}`;
}
