import { ENV } from "@tidegate/migrator/contract";
import type { PlatformSpec, ServiceSpec } from "../../config/spec.ts";
import { connectionVariables } from "../connection-parts.ts";
import { composeParts } from "./compose-connection.ts";
import { type ComposeService, HARDENED, literal, required } from "./compose-file.ts";
import { imageOf } from "./compose-image.ts";

/** A service with the environment of its pod, published on 127.0.0.1. */
export function buildComposeService(
  spec: PlatformSpec,
  service: ServiceSpec,
  dependsOn: NonNullable<ComposeService["depends_on"]>,
): ComposeService {
  return {
    ...imageOf(service.image),
    environment: {
      PORT: String(service.port),
      ...Object.fromEntries(
        Object.entries(service.env).map(([name, text]) => [name, literal(text)]),
      ),
      ...Object.fromEntries(
        Object.keys(service.secretEnv).map((name) => [
          name,
          required(name, `a secret of ${service.name}; write it into .env`),
        ]),
      ),
      ...connections(service),
      // Its databases are migrated before it starts, by their own containers and not by itself.
      ...(service.databases.some(({ migrates }) => migrates === "startup") && {
        [ENV.runMigrations]: "false",
      }),
    },
    ...(Object.keys(dependsOn).length > 0 && { depends_on: dependsOn }),
    ports: [publishedPort(spec, service)],
    restart: "on-failure",
    ...HARDENED,
  };
}

function connections({ logins, databases }: ServiceSpec): Record<string, string> {
  if (logins === undefined) return {};
  return Object.fromEntries(
    databases.flatMap(({ database, env }) => {
      const parts = composeParts({ database, username: logins.active });
      return Object.entries(connectionVariables(env, parts));
    }),
  );
}

/** Its own port where no other service has it, which `<SERVICE>_PORT` changes; else one that is free. */
function publishedPort({ services }: PlatformSpec, { name, port }: ServiceSpec): string {
  if (services.filter((other) => other.port === port).length > 1) return `127.0.0.1::${port}`;
  return `127.0.0.1:\${${name.replaceAll("-", "_").toUpperCase()}_PORT:-${port}}:${port}`;
}
