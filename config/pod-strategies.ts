import type { PlatformConfig } from "./schema/platform.ts";

type Strategy = "initContainer" | "startup";

/** How a service's pods migrate a database that it uses; `undefined`: they don't. */
export function podStrategy(
  config: PlatformConfig,
  use: { readonly database: string; readonly role: "app" | "readonly" },
): Strategy | undefined {
  const strategy = config.databases[use.database]?.strategy;
  // Who only reads a database has no business with its schema.
  if (use.role !== "app") return undefined;
  return strategy === "initContainer" || strategy === "startup" ? strategy : undefined;
}

/** The services whose pods migrate a database. */
export function migratorsOf(config: PlatformConfig, database: string): readonly string[] {
  return Object.entries(config.services).flatMap(([name, { databases }]) => {
    const role = databases[database]?.role;
    return role !== undefined && podStrategy(config, { database, role }) !== undefined
      ? [name]
      : [];
  });
}

/**
 * The services that roll out before `service`, as their pods migrate what it reads or waits for without
 * migrating it itself.
 */
export function migratingServices(config: PlatformConfig, service: string): readonly string[] {
  const entry = config.services[service];
  if (entry === undefined) return [];
  const needed = new Set([...Object.keys(entry.databases), ...entry.waitsFor]);
  return [...needed].flatMap((database) => {
    const migrators = migratorsOf(config, database);
    return migrators.includes(service) ? [] : migrators;
  });
}
