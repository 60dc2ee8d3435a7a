import { SERVICES_FILE, type ServiceVersions } from "@tidegate/migrator/contract";
import type { ServiceSpec } from "../config/spec.ts";

/** The data of the ConfigMap from which a contract migration knows who may be connected. */
export function buildServiceVersions(
  services: readonly ServiceSpec[],
  namespace: string,
): Record<string, string> {
  const versions: ServiceVersions = {
    format: 1,
    command: `kubectl get pods --namespace ${namespace} -l app.kubernetes.io/component=service`,
    services: services.map(({ name, logins, applicationName }) => ({
      name,
      // The locked one too: a rotation ends no session.
      logins: logins === undefined ? [] : [logins.active, logins.locked],
      applicationName,
    })),
  };
  return { [SERVICES_FILE]: JSON.stringify(versions, null, 2) };
}
