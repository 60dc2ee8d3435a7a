import * as pulumi from "@pulumi/pulumi";
import { Platform } from "../components/platform.ts";
import { loadPlatformFile } from "../config/load-file.ts";
import type { DatabaseSpec, PlatformSpec, ServiceSpec } from "../config/spec.ts";
import { podOf } from "./pod-security.ts";
import { PLAIN_PASSWORD, type Recorded, type Recording, recordProgram } from "./record-program.ts";

/** The only service and the only database of these platforms, and how their resources are called. */
export const SERVICE = "ingestion";
export const DATABASE = "battlescope_ingestion";
export const LOGIN = `tidegate-${SERVICE}-login`;
export const MIGRATION = "tidegate-battlescope-ingestion-migration";
export const DEPLOYMENT = "kubernetes:apps/v1:Deployment";
export const JOB = "kubernetes:batch/v1:Job";

/** One database and its service of a stack: a whole platform is another test's. */
export async function oneService(stack: "dev" | "prod"): Promise<PlatformSpec> {
  const spec = await loadPlatformFile(stack);
  return {
    ...spec,
    databases: spec.databases.filter(({ name }) => name === DATABASE),
    services: spec.services.filter(({ name }) => name === SERVICE),
  };
}

/** What is different in the service, the database and the server's admin. */
export interface Change {
  readonly service?: (service: ServiceSpec) => Partial<ServiceSpec>;
  readonly database?: Partial<DatabaseSpec>;
  readonly admin?: Partial<PlatformSpec["server"]["admin"]>;
}

/** A platform with one service and one database changed. */
export function withChange(spec: PlatformSpec, { service, database, admin }: Change): PlatformSpec {
  return {
    ...spec,
    server: { ...spec.server, admin: { ...spec.server.admin, ...admin } },
    databases: spec.databases.map((entry) =>
      entry.name === DATABASE ? { ...entry, ...database } : entry,
    ),
    services: spec.services.map((entry) =>
      entry.name === SERVICE ? { ...entry, ...service?.(entry) } : entry,
    ),
  };
}

/** What the program makes of a platform. */
export async function record(spec: PlatformSpec): Promise<Recording> {
  return await recordProgram(() => {
    new Platform(spec.name, {
      spec,
      secrets: {},
      ...(spec.server.kind === "external" &&
        spec.server.admin.existingSecret === undefined && {
          adminPassword: pulumi.secret(`${PLAIN_PASSWORD}admin`),
        }),
    });
  });
}

/** Whether one resource waits for another, directly. */
export function waits(one: Recorded, other: Recorded): boolean {
  return one.dependencies.includes(other.urn);
}

/** The plan that a Job of `bootstrap` gets. */
export function planOf(job: Recorded): { logins: readonly object[]; admin?: object } {
  const text = JSON.stringify(podOf(job));
  const [, plan = ""] = /"name":"BOOTSTRAP_PLAN","value":("(?:[^"\\]|\\.)*")/.exec(text) ?? [];
  return JSON.parse(JSON.parse(plan) as string) as { logins: readonly object[]; admin?: object };
}
