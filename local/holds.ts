import { gatesOf, type LocalPlatform } from "./select-services.ts";
import type { ServiceStatus } from "./service-runner.ts";

/** Where everything stands. */
export interface Standing {
  readonly databases: ReadonlyMap<
    string,
    { readonly open: boolean; readonly busy: boolean; readonly failure: string | undefined }
  >;
  readonly services: ReadonlyMap<string, { readonly status: ServiceStatus }>;
}

type Database = LocalPlatform["databases"][number];
type Service = LocalPlatform["services"][number];

/** What keeps a database from being migrated; empty: nothing. */
export function databaseHolds(database: Pick<Database, "after">, now: Standing): readonly string[] {
  return database.after.filter((name) => !isOpen(name, now)).map((name) => gateHold(name, now));
}

/** What keeps a service from being started; empty: nothing. */
export function serviceHolds(
  service: Pick<Service, "databases" | "waitsFor" | "after">,
  now: Standing,
): readonly string[] {
  return [
    ...gatesOf(service)
      .filter((name) => !isOpen(name, now))
      .map((name) => gateHold(name, now)),
    ...service.after
      .filter((name) => now.services.get(name)?.status.state !== "ready")
      .map((name) => `service ${name} is not ready`),
  ];
}

/** The services that a database's gate holds. */
export function servicesBehind(
  database: string,
  services: LocalPlatform["services"],
): LocalPlatform["services"] {
  return services.filter((service) => gatesOf(service).includes(database));
}

function isOpen(name: string, now: Standing): boolean {
  return now.databases.get(name)?.open === true;
}

function gateHold(name: string, now: Standing): string {
  const failed = now.databases.get(name)?.failure !== undefined;
  return `the gate of ${name} is ${failed ? "closed: its migrations failed" : "not open yet"}`;
}
