/** Parts of a platform for tests, with what a test does not name left plain. */
import { databaseRoles } from "../config/names.ts";
import type { DatabaseSpec, ServiceSpec } from "../config/spec.ts";
import type { LocalPlatform } from "./select-services.ts";

export function testDatabase(name: string, more: Partial<DatabaseSpec> = {}): DatabaseSpec {
  return {
    name,
    kubeName: name,
    roles: databaseRoles(name),
    strategy: "job",
    migrationsDir: `migrations/${name}`,
    migrations: { format: 1, migrations: [] },
    delivery: { files: {}, items: [], digest: "" },
    deadlineSeconds: 600,
    retries: 1,
    serverWaitSeconds: 30,
    lockWaitSeconds: 120,
    idleInTransactionSeconds: 300,
    resources: {},
    env: {},
    extensions: [],
    after: [],
    protect: false,
    run: 0,
    ahead: "notice",
    outOfOrder: false,
    olderVersions: "refuse",
    maintenance: false,
    manualRuns: true,
    ...more,
  };
}

export function testService(name: string, more: Partial<ServiceSpec> = {}): ServiceSpec {
  return {
    name,
    image: { reference: `registry.test/${name}` },
    applicationName: `${name}@test`,
    port: 3000,
    replicas: 1,
    env: {},
    secretEnv: {},
    envFrom: [],
    resources: {},
    probes: { liveness: "/healthz", readiness: "/readyz" },
    rolloutTimeoutSeconds: 300,
    serviceAccount: { name, create: true, annotations: {} },
    databases: [],
    waitsFor: [],
    after: [],
    gateTimeoutSeconds: 300,
    dev: { command: ["node", "server.js"], directory: "." },
    ...more,
  };
}

/** A service's use of a database by its URL. */
export function uses(database: string): ServiceSpec["databases"][number] {
  return { database, role: "app", env: { DATABASE_URL: "url" } };
}

export function testPlatform(
  databases: readonly DatabaseSpec[],
  services: readonly ServiceSpec[],
): LocalPlatform {
  return { stack: "test", databases, services };
}
