import { connectionEnv, type ConnectionTls } from "./connection-env.ts";
import { resolveExistingSecret } from "./resolve-existing-secret.ts";
import type { ServiceConfig } from "./schema/service.ts";
import type { ServiceDatabaseSpec } from "./spec.ts";

/** The databases of a service with the variables under which it gets each connection. */
export function serviceDatabases(
  service: ServiceConfig,
  tls: ConnectionTls,
): ServiceDatabaseSpec[] {
  const entries = Object.entries(service.databases);
  return entries.map(([database, use]) => {
    const connection = "connection" in use && use.connection !== undefined ? use.connection : "url";
    const env = connectionEnv({
      connection,
      ...("prefix" in use && use.prefix !== undefined && { prefix: use.prefix }),
      database,
      several: entries.length > 1,
      tls,
    });
    const window = windowOf(service.schema, database);
    return {
      database,
      role: use.role,
      env,
      ...("existingSecret" in use && resolveExistingSecret(use.existingSecret)),
      ...(window !== undefined && { schema: window }),
    };
  });
}

function windowOf(
  schema: ServiceConfig["schema"],
  database: string,
): ServiceDatabaseSpec["schema"] | undefined {
  if (schema === undefined) return undefined;
  const { min, max } = schema;
  const single = typeof min === "string" || typeof max === "string";
  const window = single
    ? { min, max }
    : Object.entries(schema).find(([name]) => name === database)?.[1];
  if (window === undefined || typeof window === "string") return undefined;
  return {
    ...(typeof window.min === "string" && { min: window.min }),
    ...(typeof window.max === "string" && { max: window.max }),
  };
}
