import type * as pulumi from "@pulumi/pulumi";
import type { PlatformSpec } from "../config/spec.ts";
import type { Notifications } from "./notifications.ts";
import type { Placement } from "./placement.ts";
import type { PlatformImages } from "./platform-images.ts";
import type { PostgresServer } from "./postgres-server.ts";

/** What the parts of a platform are made with, whatever they are. */
export interface PlatformContext {
  /** The platform's logical name; those of its parts begin with it. */
  readonly name: string;
  readonly spec: PlatformSpec;
  /** Values of every `secretEnv`, by their key in the stack's configuration. */
  readonly secrets: Readonly<Record<string, pulumi.Output<string>>>;
  readonly server: PostgresServer;
  /** Where the services are. */
  readonly place: Placement;
  /** Where Jobs go: the same, unless the spec names a namespace for them. */
  readonly jobs: Placement;
  readonly images: PlatformImages;
  /** Hears of what Jobs do; absent: nobody does. */
  readonly notifications?: Notifications;
  /** The platform as parent, and its cluster. */
  readonly options: pulumi.ComponentResourceOptions;
}

/** The values of a `secretEnv`, by variable. */
export function secretsOf(
  { secrets }: Pick<PlatformContext, "secrets">,
  secretEnv: Readonly<Record<string, string>>,
): Readonly<Record<string, pulumi.Output<string>>> {
  return Object.fromEntries(
    Object.entries(secretEnv).map(([variable, key]) => [variable, pickSecret(secrets, key)]),
  );
}

/** Names of the services that are connected to a database. */
export function usersOf({ services }: PlatformSpec, database: string): readonly string[] {
  return services
    .filter((service) => service.databases.some((use) => use.database === database))
    .map(({ name }) => name);
}

/** The part of a name that the configuration was checked for. */
export function pick<T>(map: ReadonlyMap<string, T>, name: string): T {
  const found = map.get(name);
  if (found === undefined) throw new Error(`'${name}' is not part of the platform`);
  return found;
}

/** A secret that the configuration was checked for. */
export function pickSecret(
  secrets: Readonly<Record<string, pulumi.Output<string>>>,
  key: string,
): pulumi.Output<string> {
  const found = secrets[key];
  if (found === undefined) throw new Error(`the stack's configuration has no secret '${key}'`);
  return found;
}
