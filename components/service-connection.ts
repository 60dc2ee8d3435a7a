import type { types } from "@pulumi/kubernetes";
import type { ServiceSpec } from "../config/spec.ts";
import { buildSecretEnv } from "./connection.ts";
import type { GatedConnection } from "./gate.ts";
import { loginKey } from "./service-login.ts";

type EnvVar = types.input.core.v1.EnvVar;

/** In front of the variable with the URL of the Secret, to which the pod adds its own name. */
const WITHOUT_NAME = "TIDEGATE_";

export interface ConnectionEnvArgs {
  readonly service: ServiceSpec;
  readonly connections: readonly GatedConnection[];
}

/**
 * A service's connections as variables, each with the name under which it stands in `pg_stat_activity`.
 * The name is in the pod and not in the Secret, which old and new pods share: an old pod that restarts
 * while a new image rolls out would call itself new, and a contract migration would break it.
 */
export function buildConnectionEnv({ service, connections }: ConnectionEnvArgs): EnvVar[] {
  if (connections.length === 0) return [];
  const name = service.applicationName;
  return [
    // libpq's; most drivers read it.
    { name: "PGAPPNAME", value: name },
    ...connections.flatMap(({ login, use }) =>
      Object.entries(use.env).flatMap(([variable, key]) => {
        const secret = (as: string) =>
          buildSecretEnv(as, login.secret, loginKey(use.database, key));
        if (key !== "url") return [secret(variable)];
        // Kubernetes puts a variable together of those before it; the URL has a query already.
        return [
          secret(`${WITHOUT_NAME}${variable}`),
          {
            name: variable,
            value: `$(${WITHOUT_NAME}${variable})&application_name=${encodeURIComponent(name)}`,
          },
        ];
      }),
    ),
  ];
}
