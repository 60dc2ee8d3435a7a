import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { buildCaData } from "./connection.ts";

/** What the ConfigMaps of a server's authority are made of. */
export interface CaConfigMapsArgs {
  /** PEM text of the authority; absent: none is given, and nothing is made. */
  readonly ca: string | undefined;
  /** Where pods connect from; `suffix` stands behind the logical name. */
  readonly namespaces: readonly {
    readonly suffix: string;
    readonly namespace: pulumi.Input<string>;
  }[];
  readonly labels: Readonly<Record<string, string>>;
}

/** The authority's certificate for pods, once a namespace. */
export function createCaConfigMaps(
  parent: pulumi.Resource,
  name: string,
  { ca, namespaces, labels }: CaConfigMapsArgs,
): { readonly name?: string; readonly configMaps: readonly k8s.core.v1.ConfigMap[] } {
  if (ca === undefined) return { configMaps: [] };
  const configMap = "postgres-ca";
  return {
    name: configMap,
    configMaps: namespaces.map(
      ({ suffix, namespace }) =>
        new k8s.core.v1.ConfigMap(
          `${name}${suffix}`,
          {
            metadata: { name: configMap, namespace, labels: { ...labels } },
            data: buildCaData(ca),
          },
          { parent },
        ),
    ),
  };
}
