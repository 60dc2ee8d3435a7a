import type { ConnectionKey, ServiceDatabaseSpec } from "../config/spec.ts";

/** One login to one database of a server without TLS. */
export interface PlainLogin {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly username: string;
  readonly password: string;
  /** The password as it stands in a URL; default: escaped, which a reference to a variable must not be. */
  readonly passwordInUrl?: string;
}

type Parts = Readonly<Record<ConnectionKey, string>>;

/** The parts of a connection by the keys that they have in a Secret. */
export function connectionParts(login: PlainLogin): Parts {
  const { host, database, username, password } = login;
  const port = String(login.port);
  const who = `${encodeURIComponent(username)}:${login.passwordInUrl ?? encodeURIComponent(password)}`;
  return {
    host,
    port,
    database,
    username,
    password,
    sslmode: "disable",
    sslrootcert: "",
    servername: "",
    ssl: "false",
    url: `postgresql://${who}@${host}:${port}/${encodeURIComponent(database)}?sslmode=disable`,
  };
}

/** The variables under which a service reads them. */
export function connectionVariables(
  env: ServiceDatabaseSpec["env"],
  parts: Parts,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    // An empty name of a file would be taken for one.
    Object.entries(env).flatMap(([name, key]) => (parts[key] === "" ? [] : [[name, parts[key]]])),
  );
}
