import * as pulumi from "@pulumi/pulumi";
import { BootstrapJob } from "./bootstrap-job.ts";
import type { PodAddress } from "./connection.ts";
import type { ConnectionSource } from "./connection-source.ts";
import type { Placement } from "./placement.ts";
import { RolePassword } from "./role-password.ts";

const SENT_ENV = "ADMIN_PASSWORD_SENT";
const PREVIOUS_ENV = "ADMIN_PASSWORDS_BEFORE";

export interface AdminPasswordArgs {
  /** How often it was renewed, 1 or more. Raised by one, a new one is made and set on the server. */
  readonly generation: number;
  /** The one that the server's data folder was initialised with. */
  readonly first: pulumi.Output<string>;
  /** What the server is sent of it. */
  readonly send: "verifier" | "plain";
}

/** What {@link AdminPassword.renew} needs. */
export interface RenewArgs {
  readonly server: PodAddress;
  /** The admin's connection, with the newest password. */
  readonly admin: ConnectionSource;
  /** The runner's image. */
  readonly image: string;
  /** The server, the Secret of the connection, the image. */
  readonly after: readonly pulumi.Resource[];
  readonly place: Placement;
}

/**
 * The renewed password of a server's admin. The server knows the one that was set last, and who sets the
 * next one has to log in with that: so all are kept, each by its number.
 */
export class AdminPassword extends pulumi.ComponentResource {
  /** The one that is used now. */
  readonly current: pulumi.Output<string>;
  readonly #name: string;
  readonly #sent: pulumi.Output<string>;
  readonly #earlier: readonly pulumi.Output<string>[];

  constructor(name: string, args: AdminPasswordArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tidegate:components:AdminPassword", name, {}, opts);
    const { generation, first, send } = args;
    const newest = new RolePassword(`${name}-${generation}`, { send }, { parent: this });
    const between = Array.from(
      { length: generation - 1 },
      (_, index) => new RolePassword(`${name}-${index + 1}`, { send }, { parent: this }).plain,
    );
    this.#name = name;
    this.#sent = newest.sent;
    // The likeliest first.
    this.#earlier = [first, ...between].toReversed();
    this.current = newest.plain;
    this.registerOutputs();
  }

  /** Sets it on the server, from inside the cluster; done when the returned resource is. */
  renew({ server, admin, image, after, place }: RenewArgs): pulumi.Resource {
    return new BootstrapJob(
      `${this.#name}-renew`,
      {
        plan: {
          format: 1,
          logins: [],
          admin: { passwordEnv: SENT_ENV, previousEnv: PREVIOUS_ENV },
        },
        passwords: {
          [SENT_ENV]: this.#sent,
          [PREVIOUS_ENV]: pulumi.secret(
            pulumi.all([...this.#earlier]).apply((passwords) => JSON.stringify(passwords)),
          ),
        },
        image,
        server,
        admin,
        part: "postgres-admin",
        purpose: "renew",
        after,
        place,
      },
      { parent: this },
    ).job;
  }
}
