import type { ConnectionKey } from "../config/spec.ts";
import { HOST } from "./postgres-server.ts";

/** One login to one database of the local server. */
export interface LocalLogin {
  readonly port: number;
  readonly database: string;
  readonly username: string;
  readonly password: string;
}

/** The parts of a connection by the keys that they have in a Secret; no TLS, as it stays on this machine. */
export function connectionParts(login: LocalLogin): Readonly<Record<ConnectionKey, string>> {
  const { database, username, password } = login;
  const port = String(login.port);
  const who = `${encodeURIComponent(username)}:${encodeURIComponent(password)}`;
  return {
    host: HOST,
    port,
    database,
    username,
    password,
    sslmode: "disable",
    sslrootcert: "",
    servername: "",
    ssl: "false",
    url: `postgresql://${who}@${HOST}:${port}/${encodeURIComponent(database)}?sslmode=disable`,
  };
}
