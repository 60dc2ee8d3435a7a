import * as pulumi from "@pulumi/pulumi";

/** The options that hold a Deployment. */
export interface GateOptions {
  readonly dependsOn: pulumi.Resource[];
  readonly hooks: pulumi.ResourceHookBinding;
  readonly replaceWith?: pulumi.Resource[];
}

/** What holds a Deployment: a `Gate`. */
export interface Hold {
  readonly targets: readonly string[];
  readonly dependsOn: readonly pulumi.Resource[];
  readonly replacedWith?: pulumi.Resource;
  readonly closedBecause: () => string | undefined;
}

/**
 * Options of a gated Deployment: the graph's `dependsOn`, and a hook that holds where the graph is cut
 * (`--target`, `--exclude`).
 */
export function gateOptions(name: string, gates: readonly Hold[]): GateOptions {
  const hook = new pulumi.ResourceHook(`${name}-gate`, () => refuseClosed(name, gates));
  const replaceWith = gates.flatMap((gate) => gate.replacedWith ?? []);
  return {
    dependsOn: gates.flatMap((gate) => [...gate.dependsOn]),
    hooks: { beforeCreate: [hook], beforeUpdate: [hook] },
    ...(replaceWith.length > 0 && { replaceWith }),
  };
}

/**
 * Throws when any gate is closed.
 *
 * @throws Error that names every closed gate's Job and the command that goes on.
 */
export function refuseClosed(
  name: string,
  gates: readonly Pick<Hold, "targets" | "closedBecause">[],
): void {
  const closed = gates.flatMap((gate) => gate.closedBecause() ?? []);
  if (closed.length === 0) return;
  // Images too: a Deployment must not name one that was left out and so never pushed.
  const targets = new Set([`**::${name}-*`, ...gates.flatMap((gate) => gate.targets), "**-image"]);
  throw new Error(
    `'${name}' is not rolled out, because a migration that it needs has not completed:\n` +
      closed.map((reason) => `  - ${reason}`).join("\n") +
      "\nRun `pulumi up`, or this service with its databases only:\n" +
      `  pulumi up ${[...targets].map((target) => `--target '${target}'`).join(" ")}`,
  );
}
