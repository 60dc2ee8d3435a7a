import { type ConnectionKey, LIBPQ_ENV } from "../../config/spec.ts";
import { connectionParts, connectionVariables } from "../connection-parts.ts";
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
  const server = { host: HOST, port: PORT };
  return connectionParts({ ...server, database, username, password, passwordInUrl: password });
}

/** The runner's connection. */
export function buildConnection(login: ComposeLogin): Readonly<Record<string, string>> {
  return connectionVariables(LIBPQ_ENV, composeParts(login));
}
