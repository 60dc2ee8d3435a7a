import type { types } from "@pulumi/kubernetes";
import { CONNECTION_PARTS, type ConnectionKey, type ExistingSecretSpec } from "../config/spec.ts";
import type { PodAddress } from "./connection.ts";

type EnvVar = types.input.core.v1.EnvVar;

/** Where each part of one connection stands: in a Secret, or in the open. */
export interface ConnectionSource {
  /** Name of the Secret. */
  readonly secret: string;
  /** Part → key of the Secret. */
  readonly keys: Readonly<Partial<Record<ConnectionKey, string>>>;
  /** Parts that the Secret does not hold; none of them is secret. */
  readonly values: Readonly<Partial<Record<ConnectionKey, string>>>;
}

/**
 * A Secret that Tidegate made: every part under its own name.
 *
 * @param keyPrefix Stands before every key.
 */
export function generatedSource(secret: string, keyPrefix = ""): ConnectionSource {
  return {
    secret,
    keys: Object.fromEntries(CONNECTION_PARTS.map((part) => [part, `${keyPrefix}${part}`])),
    values: {},
  };
}

/** A Secret that somebody else keeps; what it leaves out is the server's address. */
export function existingSource(
  { name, keys }: ExistingSecretSpec,
  address: PodAddress,
  known: { readonly database: string; readonly username?: string },
  rootCert: string,
): ConnectionSource {
  const { host, port, tls } = address;
  return {
    secret: name,
    keys,
    values: {
      host,
      port: String(port),
      sslmode: tls.mode,
      sslrootcert: rootCert,
      servername: tls.serverName ?? "",
      ssl: String(tls.mode !== "disable"),
      ...known,
    },
  };
}

/**
 * One part of a connection as an environment variable.
 *
 * @throws Error where the source has no such part: config/ refuses that.
 */
export function sourceEnv(source: ConnectionSource, variable: string, part: ConnectionKey): EnvVar {
  const key = source.keys[part];
  if (key !== undefined) {
    return { name: variable, valueFrom: { secretKeyRef: { name: source.secret, key } } };
  }
  const value = source.values[part];
  if (value === undefined) {
    throw new Error(`Secret '${source.secret}' has no ${part} for ${variable}`);
  }
  return { name: variable, value };
}
