import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Gate } from "./gate.ts";
import { digestOf } from "./digest.ts";
import type { Placement } from "./placement.ts";

/** Lets a server-side apply take a field over from another field manager. Source: pulumi-kubernetes. */
const FORCE = { "pulumi.com/patchForce": "true" };

export interface ScaleDownArgs {
  /** Services, by their Deployments' names; they must exist. */
  readonly services: readonly string[];
  /** Changes with the Job that they make way for: another one takes them down again. */
  readonly mark: string;
  /** What happens before. */
  readonly after: readonly pulumi.Resource[];
  /** Where the services are. */
  readonly place: Placement;
}

/**
 * Takes services to 0 replicas, in the same update in which their Deployments bring them back: a
 * Deployment has one state in an update, so this is a patch of its own on it. The Deployment takes the
 * replicas back by force, for which {@link raisedAnnotations} gives it the reason and the right.
 */
export class ScaleDown extends pulumi.ComponentResource {
  /** All services are at 0 replicas. */
  readonly done: readonly pulumi.Resource[];

  constructor(name: string, args: ScaleDownArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tidegate:components:ScaleDown", name, {}, opts);
    // A destroy deletes the Deployment before the patch on it, and a patch that is taken off what is gone
    // would make it anew, which Kubernetes refuses. What lives as long as the stack stands for the whole.
    const stack = this.getProvider("kubernetes:apps/v1:DeploymentPatch");
    this.done = args.services.map(
      (service) =>
        new k8s.apps.v1.DeploymentPatch(
          `${name}-${service}-${args.mark}`,
          {
            metadata: {
              name: service,
              namespace: args.place.namespaceReady,
              annotations: FORCE,
            },
            spec: { replicas: 0 },
          },
          {
            parent: this,
            dependsOn: [...args.after],
            // It acts once, when it is made: a refresh that sees the service back must not take it down.
            ignoreChanges: ["spec", "metadata"],
            ...(stack !== undefined && { deletedWith: stack }),
            hooks: { onError: [absentHook(`${name}-${service}`, this, service)] },
          },
        ),
    );
    this.registerOutputs();
  }
}

/**
 * Annotations of a Deployment that one of these gates takes to 0 replicas. They differ for each such Job:
 * without a difference the engine would see no reason to bring the service back.
 */
export function raisedAnnotations(gates: readonly Gate[]): Record<string, string> | undefined {
  if (gates.length === 0) return undefined;
  return { ...FORCE, "tidegate.dev/raised-after": digestOf(gates.map(({ digest }) => digest)) };
}

/** What there is to say of a service that could not be taken down; undefined where Kubernetes has said it. */
export function explainAbsent(error: string, service: string): string | undefined {
  if (!/spec\.selector|not found/.test(error)) return undefined;
  return (
    `service '${service}' is not deployed yet, so that it cannot be taken to 0 replicas: take \`maintenance\` ` +
    "(or the rollback's `scaleDown`) out until it is, then run `pulumi up` again"
  );
}

/** What became of the services when the migration that they made way for failed, and both ways on. */
function explainLowered(database: string): string {
  return (
    `The services of database '${database}' are at 0 replicas until a migration Job of it completes: correct ` +
    "what the Job says and run `pulumi up` again; or take the migration back, raise " +
    `databases.${database}.run, and run \`pulumi up\`.`
  );
}

/** The hook that says so beside the runner's verdict. */
export function loweredHook(
  name: string,
  speaker: pulumi.Resource,
  database: string,
): pulumi.ErrorHook {
  return new pulumi.ErrorHook(`${name}-lowered`, async () => {
    await pulumi.log.warn(explainLowered(database), speaker);
    return false;
  });
}

function absentHook(name: string, speaker: pulumi.Resource, service: string): pulumi.ErrorHook {
  return new pulumi.ErrorHook(`${name}-absent`, async ({ errors }) => {
    const sentence = explainAbsent(errors[0] ?? "", service);
    if (sentence !== undefined) await pulumi.log.warn(sentence, speaker);
    return false;
  });
}
