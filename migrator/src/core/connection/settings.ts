/** How the server's certificate is checked. */
export type TlsMode = "verify-full" | "verify-ca" | "disable";

export interface TlsSettings {
  readonly mode: TlsMode;
  /** PEM text of the authorities; absent: those that Node trusts. */
  readonly ca?: string;
  /** The name that the certificate must carry, where it is not the host's. */
  readonly serverName?: string;
}

/** Everything that one connection needs. */
export interface ConnectionSettings {
  /** A host's name or address, or the folder of a Unix socket (starts with `/`). */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  /** Absent where the server asks for none. */
  readonly password?: string;
  readonly tls: TlsSettings;
}

/** Settings as read from an environment, with what the user should know about them. */
export interface ReadSettings {
  readonly settings: ConnectionSettings;
  readonly notices: readonly string[];
}

/** Port of a Postgres server that names none. */
export const DEFAULT_PORT = 5432;

/** Host of a Postgres server that names none. */
export const DEFAULT_HOST = "localhost";

/** `host:port/database`, for messages. */
export function addressOf(settings: ConnectionSettings): string {
  return `${settings.host}:${settings.port}/${settings.database}`;
}

/** Strings of a connection that must not be printed. */
export function secretsOf(settings: ConnectionSettings): readonly string[] {
  return settings.password === undefined ? [] : [settings.password];
}

/** The connection is encrypted and the server verified. */
export function isTls(tls: TlsSettings): boolean {
  return tls.mode !== "disable";
}
