import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

export interface JobAccountArgs {
  /** Name in Kubernetes. */
  readonly name: string;
  readonly namespace: pulumi.Input<string>;
  readonly labels: Readonly<Record<string, string>>;
  /** For a cloud that knows the account; absent: none. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The service account of a database's Jobs, without a token of the Kubernetes API. */
export function createJobAccount(
  resource: string,
  { name, namespace, labels, annotations }: JobAccountArgs,
  options: pulumi.CustomResourceOptions,
): k8s.core.v1.ServiceAccount {
  return new k8s.core.v1.ServiceAccount(
    resource,
    {
      metadata: {
        name,
        namespace,
        labels,
        ...(annotations !== undefined && { annotations: { ...annotations } }),
      },
      automountServiceAccountToken: false,
    },
    options,
  );
}
