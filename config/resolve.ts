import type { ParseContext } from "./parse.ts";
import { resolveDatabases } from "./resolve-databases.ts";
import { resolveImages } from "./resolve-images.ts";
import { resolveOperations } from "./resolve-operations.ts";
import { resolveServer } from "./resolve-server.ts";
import { resolveServices } from "./resolve-services.ts";
import type { PlatformConfig } from "./schema/platform.ts";
import type { PlatformSpec } from "./spec.ts";

/** The description of a platform in which no problem was found: nothing optional, nothing relative. */
export function resolveSpec(config: PlatformConfig, context: ParseContext): PlatformSpec {
  const { inputs } = context;
  const kubeContext = contextOf(config, context);
  const server = resolveServer(config, inputs, kubeContext);
  const images = resolveImages(config, inputs);
  const tls = { ca: server.tls.ca !== undefined, serverName: server.tls.serverName !== undefined };
  return {
    name: context.project,
    stack: context.stack,
    namespace: config.namespace ?? { name: context.stack, create: true },
    context: kubeContext,
    images: { migrator: images.migrator, gate: images.gate },
    server,
    provisioning: config.provisioning ?? (server.kind === "docker" ? "provider" : "job"),
    passwords: config.passwords,
    databases: resolveDatabases(config, inputs, context, images, tls, server.proxy),
    services: resolveServices(config, images, tls, server.proxy),
    ...(config.rollback !== undefined && { rollback: config.rollback }),
    ...(context.commit !== undefined && { commit: context.commit }),
    ...resolveOperations(config),
  };
}

function contextOf(config: PlatformConfig, { current }: ParseContext): string {
  if (current !== undefined && "name" in current) return current.name;
  return config.context?.[0] ?? "";
}
