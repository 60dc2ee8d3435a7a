import type * as postgresql from "@pulumi/postgresql";
import type * as pulumi from "@pulumi/pulumi";
import type { ServerSpec } from "../config/spec.ts";

/** The provider's arguments: an admin that need not be superuser, as managed Postgres gives none. */
export function buildProvider(
  server: ServerSpec,
  password: pulumi.Output<string>,
): postgresql.ProviderArgs {
  return {
    // Without an address config/ has refused `provider` already.
    host: server.deployer?.host ?? "127.0.0.1",
    port: server.deployer?.port ?? 5432,
    username: server.admin.user,
    database: server.admin.database,
    password,
    superuser: false,
    sslmode: server.tls.mode,
    connectTimeout: 30,
    // Every database is done one statement after the other; more connections only meet in deadlocks.
    maxConnections: 8,
    ...(server.tls.caFile !== undefined && { sslrootcert: server.tls.caFile }),
  };
}
