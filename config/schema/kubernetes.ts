import { z } from "zod";
import { environmentName, kubernetesName } from "./names.ts";
import { strict } from "./strict.ts";

/**
 * A Kubernetes quantity.
 * Source: "Quantity" in the Kubernetes API reference; exponents and signs make no sense here.
 */
const quantity = z
  .union([
    z.number().min(0, { error: "must not be negative" }),
    z.string().regex(/^[0-9]+(\.[0-9]+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$/, {
      error: (issue) =>
        `${JSON.stringify(issue.input)} is no Kubernetes quantity: a number with a unit such as "250m" (CPU) or "128Mi" (memory)`,
    }),
  ])
  .transform(String);

const quantities = z.record(
  z.string().regex(/^([a-z0-9.-]+\/)?[A-Za-z0-9_.-]+$/, {
    error: (issue) => `${JSON.stringify(issue.input)} is no resource, such as "cpu" or "memory"`,
  }),
  quantity,
);

/** `resources` of a container. */
export const resources = strict({
  requests: quantities.describe("What the scheduler reserves.").optional(),
  limits: quantities.describe("What the container is held to.").optional(),
}).meta({ id: "resources" });

/** Size of a volume. */
export const storageSize = quantity;

/** Environment variables with plain values; numbers and booleans are written as text. */
export const environment = z.record(
  environmentName,
  z
    .union([z.string(), z.number(), z.boolean()], {
      error: "must be text, a number or a boolean; a secret belongs in secretEnv",
    })
    .transform(String),
);

/** A Secret or a ConfigMap whose keys become environment variables. */
const environmentSource = z
  .union([strict({ secret: kubernetesName }), strict({ configMap: kubernetesName })], {
    error: "must be { secret: <name> } or { configMap: <name> }",
  })
  .describe("{ secret: <name> } or { configMap: <name> }, in the namespace of the platform.");

/** Environment variables from Secrets and ConfigMaps that exist. */
export const envFrom = z
  .array(environmentSource)
  .default([])
  .describe("Existing Secrets and ConfigMaps whose keys become variables.");

/** Environment variables whose values are secrets of the stack. */
export const secretEnv = z
  .record(
    environmentName,
    z
      .string()
      .regex(/^[A-Za-z0-9_-]+$/, { error: "must be a configuration key, such as apiToken" }),
  )
  .default({})
  .describe("Environment variable → key of a secret, set by pulumi config set --secret <key>.");

/** Path of a probe over HTTP. */
export const httpPath = z
  .string()
  .regex(/^\/[^\s]*$/, { error: 'must be a path that begins with "/"' });
