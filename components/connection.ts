import * as pulumi from "@pulumi/pulumi";
import type { types } from "@pulumi/kubernetes";
import {
  type Address,
  type ConnectionKey,
  type ExistingSecretSpec,
  LIBPQ_ENV,
  type TlsSpec,
} from "../config/spec.ts";
import {
  type ConnectionSource,
  existingSource,
  generatedSource,
  sourceEnv,
} from "./connection-source.ts";

/** Folder at which every pod that talks to Postgres finds the authority's certificate. */
const CA_DIR = "/etc/tidegate/ca";
const CA_KEY = "ca.crt";
/** The file in {@link CA_DIR}. */
const CA_PATH = `${CA_DIR}/${CA_KEY}`;

/** How pods reach the server; the same for every database on it. */
export interface PodAddress extends Address {
  readonly tls: TlsSpec;
  /** Name of the ConfigMap with the authority's certificate; absent where none is given. */
  readonly caConfigMap?: string;
}

/** One login to one database. */
export interface Login {
  readonly database: string;
  readonly username: string;
  readonly password: pulumi.Output<string>;
}

/** Every part of a connection, by its key in a Secret. `sslrootcert` is empty without an authority. */
export function buildConnectionData(
  address: PodAddress,
  login: Login,
): Record<ConnectionKey, pulumi.Input<string>> {
  const rootCert = address.caConfigMap === undefined ? "" : CA_PATH;
  const parts = {
    ...login,
    host: address.host,
    port: address.port,
    sslmode: address.tls.mode,
    rootCert,
  };
  return {
    host: address.host,
    port: String(address.port),
    database: login.database,
    username: login.username,
    password: login.password,
    sslmode: address.tls.mode,
    sslrootcert: rootCert,
    servername: address.tls.serverName ?? "",
    ssl: String(address.tls.mode !== "disable"),
    url: pulumi.secret(
      login.password.apply((password) => buildConnectionUrl({ ...parts, password })),
    ),
  };
}

/** What {@link buildConnectionUrl} puts together. */
export interface ConnectionUrlParts {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly username: string;
  readonly password: string;
  readonly sslmode: string;
  /** File of the authority; empty for none. */
  readonly rootCert: string;
}

/** A `postgresql://` URL in which every part is encoded and the TLS mode is always said. */
export function buildConnectionUrl(parts: ConnectionUrlParts): string {
  const url = new URL(`postgresql://${parts.host}:${parts.port}/`);
  url.username = encodeURIComponent(parts.username);
  url.password = encodeURIComponent(parts.password);
  url.pathname = `/${encodeURIComponent(parts.database)}`;
  url.searchParams.set("sslmode", parts.sslmode);
  if (parts.rootCert !== "") url.searchParams.set("sslrootcert", parts.rootCert);
  return url.href;
}

/** A reference to one key of a Secret, as an environment variable. */
export function buildSecretEnv(
  name: string,
  secret: string,
  key: string,
): types.input.core.v1.EnvVar {
  return { name, valueFrom: { secretKeyRef: { name: secret, key } } };
}

/** What the runner gets of a Secret that holds a whole URL: it would compare libpq's names with that. */
const URL_ENV: Readonly<Record<string, ConnectionKey>> = { DATABASE_URL: "url" };

/**
 * The runner's connection as environment variables bound to a Secret.
 *
 * @param from A Secret that Tidegate made, by name, or where each part stands.
 * @param envPrefix Stands before every variable (`wait --schema PREFIX=FILE` reads them so).
 * @param keyPrefix Stands before every key of a Secret that Tidegate made.
 */
export function buildRunnerEnv(
  from: string | ConnectionSource,
  tls: TlsSpec,
  envPrefix = "",
  keyPrefix = "",
): types.input.core.v1.EnvVar[] {
  const source = typeof from === "string" ? generatedSource(from, keyPrefix) : from;
  const separate = source.keys.password !== undefined;
  return [
    ...Object.entries(separate ? LIBPQ_ENV : URL_ENV).map(([name, part]) =>
      sourceEnv(source, `${envPrefix}${name}`, part),
    ),
    ...(tls.ca === undefined ? [] : [{ name: `${envPrefix}PGSSLROOTCERT`, value: CA_PATH }]),
    ...(tls.serverName === undefined
      ? []
      : [{ name: `${envPrefix}PGTLSSERVERNAME`, value: tls.serverName }]),
  ];
}

/** A login whose Secret somebody else keeps. */
export function existingLogin(
  secret: ExistingSecretSpec,
  address: PodAddress,
  known: { readonly database: string; readonly username?: string },
): ConnectionSource {
  return existingSource(secret, address, known, address.caConfigMap === undefined ? "" : CA_PATH);
}

/** The volume and mount of the authority's certificate; both empty where none is given. */
export function buildCaMount(caConfigMap: string | undefined): {
  readonly volumes: types.input.core.v1.Volume[];
  readonly mounts: types.input.core.v1.VolumeMount[];
} {
  if (caConfigMap === undefined) return { volumes: [], mounts: [] };
  return {
    volumes: [{ name: "ca", configMap: { name: caConfigMap } }],
    mounts: [{ name: "ca", mountPath: CA_DIR, readOnly: true }],
  };
}

/** The data of the authority's ConfigMap. */
export function buildCaData(ca: string): Record<string, string> {
  return { [CA_KEY]: ca };
}
