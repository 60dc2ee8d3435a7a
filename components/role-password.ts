import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { buildScramVerifier } from "./scram-verifier.ts";

export interface RolePasswordArgs {
  /**
   * What the server is sent: a SCRAM verifier, so that it never sees the password, or the password
   * itself for servers that refuse verifiers.
   */
  readonly send: "verifier" | "plain";
  /** How often it was renewed; a change makes a new one. Absent or 0: the first. */
  readonly generation?: number;
}

/** A generated password and what the server gets to know of it. */
export class RolePassword extends pulumi.ComponentResource {
  /** 32 letters and digits (190 bits), secret. */
  readonly plain: pulumi.Output<string>;
  /** For `ALTER ROLE … PASSWORD`, secret. */
  readonly sent: pulumi.Output<string>;

  constructor(name: string, args: RolePasswordArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tidegate:components:RolePassword", name, {}, opts);
    const { generation = 0 } = args;
    const renewed = generation === 0 ? {} : { keepers: { generation: String(generation) } };
    // Letters and digits only: no program's URL or DSN parser can stumble over them.
    const password = new random.RandomPassword(
      `${name}-value`,
      { length: 32, special: false, ...renewed },
      { parent: this },
    );
    this.plain = password.result;
    if (args.send === "plain") {
      this.sent = this.plain;
    } else {
      const salt = new random.RandomBytes(
        `${name}-salt`,
        { length: 16, ...renewed },
        { parent: this },
      );
      this.sent = pulumi.secret(
        pulumi
          .all([this.plain, salt.base64])
          .apply(([plain, base64]) => buildScramVerifier(plain, base64)),
      );
    }
    this.registerOutputs();
  }
}
