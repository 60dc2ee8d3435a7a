/** What the objects of one part of the platform have in common. */
export interface LabelArgs {
  /** The platform's name. */
  readonly platform: string;
  /** Name of the part: a service, or a database in its Kubernetes form. */
  readonly name: string;
  readonly component:
    | "migration"
    | "rollback"
    | "service"
    | "bootstrap"
    | "database-server"
    | "network-policy"
    | "monitoring"
    | "notification";
  /** Name of the database in Postgres, where the object serves exactly one. */
  readonly database?: string;
}

/** Components whose pods are Jobs that connect to Postgres: NetworkPolicies let these through. */
export const CONNECTING_COMPONENTS: readonly LabelArgs["component"][] = ["migration", "bootstrap"];

/**
 * The standard labels, so that `kubectl logs -l tidegate.dev/database=…` finds the Job of a database
 * whatever its generated name.
 *
 * Source of the names: Kubernetes' recommended labels.
 */
export function buildLabels(args: LabelArgs): Record<string, string> {
  return {
    ...buildSelector(args),
    "app.kubernetes.io/part-of": args.platform,
    "app.kubernetes.io/managed-by": "tidegate",
    ...(args.database !== undefined && { "tidegate.dev/database": args.database }),
  };
}

/** The labels that select the pods of one part; they can't change in the life of a Deployment. */
export function buildSelector(
  args: Pick<LabelArgs, "platform" | "name" | "component">,
): Record<string, string> {
  return {
    "app.kubernetes.io/name": args.name,
    "app.kubernetes.io/instance": `${args.platform}-${args.name}`,
    "app.kubernetes.io/component": args.component,
  };
}
