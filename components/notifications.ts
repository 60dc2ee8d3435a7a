import * as k8s from "@pulumi/kubernetes";
import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { ENV } from "@tidegate/migrator/contract";
import type { NotificationsSpec } from "../config/spec.ts";
import { buildSecretEnv } from "./connection.ts";
import { buildLabels } from "./labels.ts";
import type { Placement } from "./placement.ts";

/** Name of the Secret in the namespace of the Jobs, and its key. */
const SECRET = "migration-notifications";
const KEY = "url";

export interface NotificationsArgs {
  readonly notifications: NotificationsSpec;
  /** The webhook's URL. A change alters the Secret; the next Job reads it. */
  readonly url: pulumi.Output<string>;
  /** The stack's name, which every message names. */
  readonly stack: string;
  /** Where the Jobs are. */
  readonly place: Placement;
}

/** The webhook that migrations tell what they did. */
export class Notifications extends pulumi.ComponentResource {
  /** What has to exist before a Job reads it. */
  readonly secret: k8s.core.v1.Secret;
  readonly #args: NotificationsArgs;

  constructor(name: string, args: NotificationsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tidegate:components:Notifications", name, {}, opts);
    this.#args = args;
    const { place } = args;
    this.secret = new k8s.core.v1.Secret(
      `${name}-webhook`,
      {
        metadata: {
          name: SECRET,
          namespace: place.namespaceReady,
          labels: buildLabels({
            platform: place.platform,
            name: SECRET,
            component: "notification",
          }),
        },
        stringData: { [KEY]: args.url },
      },
      { parent: this },
    );
    this.registerOutputs();
  }

  /** The variables of a Job's container that tells. */
  env(database: string): types.input.core.v1.EnvVar[] {
    const { notifications, stack, place } = this.#args;
    return buildNotifyEnv(notifications, `${place.platform}/${stack}, database ${database}`);
  }
}

/** The runner's variables, the URL bound to the Secret. */
function buildNotifyEnv({ on }: NotificationsSpec, subject: string): types.input.core.v1.EnvVar[] {
  return [
    buildSecretEnv(ENV.notifyWebhook, SECRET, KEY),
    { name: ENV.notifyOn, value: on.join(",") },
    { name: ENV.notifySubject, value: subject },
  ];
}
