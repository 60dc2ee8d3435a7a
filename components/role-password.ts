import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { buildScramVerifier } from "./scram-verifier.ts";

export interface RolePasswordArgs {
  /**
   * What the server is sent: a SCRAM verifier, so that it never sees the password, or the password
   * itself for servers that refuse verifiers.
   */
  readonly send: "verifier" | "plain";
}

/** A generated password and what the server gets to know of it. */
export class RolePassword extends pulumi.ComponentResource {
  /** 32 letters and digits (190 bits), secret. */
  readonly plain: pulumi.Output<string>;
  /** For `ALTER ROLE … PASSWORD`, secret. */
  readonly sent: pulumi.Output<string>;

  constructor(name: string, args: RolePasswordArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tidegate:components:RolePassword", name, {}, opts);
    // Letters and digits only: no program's URL or DSN parser can stumble over them.
    const password = new random.RandomPassword(
      `${name}-value`,
      { length: 32, special: false },
      { parent: this },
    );
    this.plain = password.result;
    if (args.send === "plain") {
      this.sent = this.plain;
    } else {
      const salt = new random.RandomBytes(`${name}-salt`, { length: 16 }, { parent: this });
      this.sent = pulumi.secret(
        pulumi
          .all([this.plain, salt.base64])
          .apply(([plain, base64]) => buildScramVerifier(plain, base64)),
      );
    }
    this.registerOutputs();
  }
}
