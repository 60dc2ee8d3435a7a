import type { PlatformSpec, ServiceSpec } from "../config/spec.ts";
import { UserError } from "./user-error.ts";

/** What of a platform is run here. */
export type LocalPlatform = Pick<PlatformSpec, "stack" | "databases" | "services" | "commit">;

/**
 * The named services, or all, with the databases that hold them, and those that come before these. A
 * service that another comes `after` and that is not started here is not waited for.
 *
 * @throws UserError with `usage` for a name that is no service
 */
export function selectServices(
  spec: LocalPlatform,
  only: readonly string[] | undefined,
): LocalPlatform {
  if (only === undefined) return { ...spec, services: withoutWaits(spec.services) };
  const known = spec.services.map(({ name }) => name);
  const unknown = only.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new UserError(
      `--only ${unknown.join(", ")}: no such service in stack ${spec.stack}; there are ${known.join(", ")}`,
      { usage: true },
    );
  }
  const services = withoutWaits(spec.services.filter(({ name }) => only.includes(name)));
  const needed = withPredecessors(spec, services.flatMap(gatesOf));
  return { ...spec, services, databases: spec.databases.filter(({ name }) => needed.has(name)) };
}

function withoutWaits(services: LocalPlatform["services"]): LocalPlatform["services"] {
  const started = services.filter(({ dev }) => dev !== undefined).map(({ name }) => name);
  return services.map((service) => ({
    ...service,
    after: service.after.filter((name) => started.includes(name)),
  }));
}

/** The databases whose gates hold a service. */
export function gatesOf(service: Pick<ServiceSpec, "databases" | "waitsFor">): readonly string[] {
  return [...new Set([...service.databases.map(({ database }) => database), ...service.waitsFor])];
}

function withPredecessors(spec: LocalPlatform, names: readonly string[]): ReadonlySet<string> {
  const needed = new Set<string>();
  const add = (name: string): void => {
    if (needed.has(name)) return;
    needed.add(name);
    for (const before of spec.databases.find((one) => one.name === name)?.after ?? []) add(before);
  };
  for (const name of names) add(name);
  return needed;
}
