import { type ConnectionKey, LIBPQ_ENV } from "./spec.ts";

/** Names that programs are known to read, or a map of a program's own. */
export type Connection = "url" | "pg" | "postgres" | "db" | Readonly<Record<string, ConnectionKey>>;

/** What a program has to be told about TLS. */
export interface ConnectionTls {
  /** Whether an authority's certificate is mounted. */
  readonly ca: boolean;
  /** Whether the server's certificate carries another name than its host's. */
  readonly serverName: boolean;
}

/** How one database of a service reaches its container. */
export interface ConnectionEnvArgs {
  readonly connection: Connection;
  /** Put before each name; absent: as {@link connectionEnv} says. */
  readonly prefix?: string;
  readonly database: string;
  /** Whether the service uses further databases. */
  readonly several: boolean;
  readonly tls: ConnectionTls;
}

type Names = Readonly<Record<string, ConnectionKey>>;

const SETS: Readonly<Record<"url" | "pg" | "postgres" | "db", Names>> = {
  url: { DATABASE_URL: "url" },
  pg: LIBPQ_ENV,
  postgres: {
    POSTGRES_HOST: "host",
    POSTGRES_PORT: "port",
    POSTGRES_DB: "database",
    POSTGRES_USER: "username",
    POSTGRES_PASSWORD: "password",
    POSTGRES_SSL: "ssl",
  },
  db: {
    DB_HOST: "host",
    DB_PORT: "port",
    DB_NAME: "database",
    DB_USER: "username",
    DB_PASSWORD: "password",
    // This set has no name for TLS: without libpq's a program would talk in the clear and not know it.
    PGSSLMODE: "sslmode",
  },
};

/**
 * Environment variable → part of the connection. Without a `prefix` of its own a set of names gets
 * none with one database, and the database's name with several, or two databases would share their
 * variables; the names of a map are taken as they are.
 */
export function connectionEnv(args: ConnectionEnvArgs): Names {
  const { connection, database, several } = args;
  const known = typeof connection === "string";
  const prefix = args.prefix ?? (known && several ? `${database.toUpperCase()}_` : "");
  const names = known ? namesOf(connection, args.tls) : connection;
  return Object.fromEntries(Object.entries(names).map(([name, key]) => [`${prefix}${name}`, key]));
}

function namesOf(set: keyof typeof SETS, tls: ConnectionTls): Names {
  return {
    ...SETS[set],
    // In a URL the file stands already; the other sets have no name of their own for it, so libpq's.
    ...(tls.ca && set !== "url" && { PGSSLROOTCERT: "sslrootcert" }),
    ...(tls.serverName && { PGTLSSERVERNAME: "servername" }),
  };
}

/** Whether a variable belongs to the connection of the runner, which refuses two that disagree. */
export function isConnectionVariable(name: string): boolean {
  return name === "DATABASE_URL" || /^(PG[A-Z]+|POSTGRES_[A-Z]+|DB_[A-Z]+)$/.test(name);
}
