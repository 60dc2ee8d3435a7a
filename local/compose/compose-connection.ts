import type { ConnectionKey } from "../../config/spec.ts";
import { passwordOf } from "./compose-passwords.ts";

/** Name of the Compose service of the server, which is its host name too. */
export const HOST = "postgres";
export const PORT = 5432;

/** One login to one database; its password is a reference to a variable. */
export interface ComposeLogin {
  readonly database: string;
  readonly username: string;
  /** Default: that of `username`. */
  readonly password?: string;
}

/**
 * The parts of a connection by the keys that they have in a Secret. The passwords that `.env` gets have
 * no character that a URL would have to escape.
 */
export function composeParts(login: ComposeLogin): Readonly<Record<ConnectionKey, string>> {
  const { database, username, password = passwordOf(username) } = login;
  return {
    host: HOST,
    port: String(PORT),
    database,
    username,
    password,
    sslmode: "disable",
    sslrootcert: "",
    servername: "",
    ssl: "false",
    url: `postgresql://${encodeURIComponent(username)}:${password}@${HOST}:${PORT}/${encodeURIComponent(database)}?sslmode=disable`,
  };
}

/** The runner's connection. */
export function buildConnection(login: ComposeLogin): Readonly<Record<string, string>> {
  const parts = composeParts(login);
  return {
    PGHOST: parts.host,
    PGPORT: parts.port,
    PGDATABASE: parts.database,
    PGUSER: parts.username,
    PGPASSWORD: parts.password,
    PGSSLMODE: parts.sslmode,
  };
}
