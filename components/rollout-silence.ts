import * as pulumi from "@pulumi/pulumi";
import type { PodMigrates } from "./pod-migrates.ts";

/** A rollout whose pods migrate. */
export interface MigratingRollout {
  /** Name of the service: its Deployment, and the container of its program. */
  readonly service: string;
  /** The namespace's name. */
  readonly namespace: string;
  readonly migrates: readonly PodMigrates[];
}

/**
 * Where the reason stands of a rollout that did not come about: the provider says of pods only what
 * their main containers say, and not why an init container has failed.
 */
export function explainRolloutFailure(rollout: MigratingRollout): string {
  const { service, namespace, migrates } = rollout;
  const containers = new Map(
    migrates.map(({ by, database }) => [
      by === "initContainer" ? `migrate-${database.kubeName}` : service,
      database.name,
    ]),
  );
  return [
    `service '${service}' did not roll out; its pods migrate ${[...containers.values()].join(" and ")} themselves. What the migration said:`,
    ...[...containers.keys()].map(
      (container) =>
        `  kubectl logs --namespace ${namespace} -l app.kubernetes.io/component=service,app.kubernetes.io/name=${service} --container ${container} --prefix --tail=-1`,
    ),
  ].join("\n");
}

/**
 * The hook that says so beside the provider's error. It never asks for another try.
 *
 * @param speaker resource under which the sentence stands in the diagnostics.
 */
export function rolloutHook(
  name: string,
  speaker: pulumi.Resource,
  rollout: MigratingRollout,
): pulumi.ErrorHook {
  return new pulumi.ErrorHook(`${name}-silence`, async () => {
    // As a warning: an error from here would end the program, and with it `--continue-on-error`.
    await pulumi.log.warn(explainRolloutFailure(rollout), speaker);
    return false;
  });
}
