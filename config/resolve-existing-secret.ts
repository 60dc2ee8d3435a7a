import type { ExistingSecretConfig } from "./schema/credentials.ts";
import type { ExistingSecretSpec } from "./spec.ts";

/** The key `existingSecret` of a description, where the configuration names a Secret. */
export function resolveExistingSecret(config: ExistingSecretConfig | undefined): {
  readonly existingSecret?: ExistingSecretSpec;
} {
  return config === undefined ? {} : { existingSecret: config };
}
