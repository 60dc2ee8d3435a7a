import { applicationName } from "./application-name.ts";
import type { ConnectionTls } from "./connection-env.ts";
import { definedResources } from "./defined-resources.ts";
import { serviceLogins } from "./names.ts";
import type { Images } from "./resolve-images.ts";
import type { ServiceSpec, SidecarSpec } from "./spec.ts";
import { resolvePod } from "./resolve-pods.ts";
import type { PlatformConfig } from "./schema/platform.ts";
import { migratingServices, podStrategy } from "./pod-strategies.ts";
import { serviceDatabases } from "./service-databases.ts";

/** The services with their logins and variables. */
export function resolveServices(
  config: PlatformConfig,
  images: Images,
  tls: ConnectionTls,
  proxy?: SidecarSpec,
): ServiceSpec[] {
  return Object.entries(config.services).map(([name, service]) => {
    const databases = serviceDatabases(service, tls).map((use) => {
      const migrates = podStrategy(config, use);
      return { ...use, ...(migrates !== undefined && { migrates }) };
    });
    const image = images.of(service);
    const connected = databases.map(({ database }) => database);
    const pod = resolvePod(service, databases.length > 0 ? proxy : undefined);
    return {
      name,
      image,
      applicationName: applicationName(name, image.reference),
      port: service.port,
      replicas: service.replicas,
      env: service.env,
      secretEnv: service.secretEnv,
      envFrom: service.envFrom,
      resources: definedResources(service.resources),
      probes: service.probes,
      ...(pod !== undefined && { pod }),
      rolloutTimeoutSeconds: service.rolloutTimeout,
      serviceAccount: { ...service.serviceAccount, name: service.serviceAccount.name ?? name },
      databases,
      ...(databases.length > 0 && { logins: serviceLogins(name, service.passwordGeneration) }),
      ...(service.passwordGeneration > 0 && { passwordGeneration: service.passwordGeneration }),
      // A database that it connects to holds it already.
      waitsFor: [...new Set(service.waitsFor)].filter((database) => !connected.includes(database)),
      after: [...new Set([...service.after, ...migratingServices(config, name)])],
      gateTimeoutSeconds: service.gateTimeout,
      ...(service.dev !== undefined && { dev: service.dev }),
    };
  });
}
