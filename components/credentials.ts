import type { ExistingSecretSpec } from "../config/spec.ts";
import { existingLogin, type PodAddress } from "./connection.ts";
import type { ConnectionSource } from "./connection-source.ts";

/** What a service logs in with, whoever made it. */
export interface Credentials {
  /** Annotations of the pods; a change of them rolls the service. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Where each part of the connection to a database stands. */
  readonly sourceOf: (database: string) => ConnectionSource;
}

/**
 * The annotation that rolls the pods to another generation of their password; none for the first, so
 * that the template of a service that was never rotated has none.
 */
export function generationAnnotation(generation: number | undefined): Record<string, string> {
  return generation === undefined ? {} : { "tidegate.dev/password-generation": String(generation) };
}

/**
 * A login that somebody else made and renews, in a Secret that exists.
 *
 * @param generation raised, the pods roll and read the Secret anew.
 */
export function existingCredentials(
  secret: ExistingSecretSpec,
  address: PodAddress,
  generation: number | undefined,
): Credentials {
  return {
    annotations: generationAnnotation(generation),
    sourceOf: (database) => existingLogin(secret, address, { database }),
  };
}
