/** What a connection consists of; each is one key of a Secret. */
export const CONNECTION_PARTS = [
  "url",
  "host",
  "port",
  "database",
  "username",
  "password",
  "sslmode",
  "sslrootcert",
  "servername",
  "ssl",
] as const;

export type ConnectionKey = (typeof CONNECTION_PARTS)[number];

/** libpq's variables for them. Source: PostgreSQL, "Environment Variables" of libpq. */
export const LIBPQ_ENV: Readonly<Record<string, ConnectionKey>> = {
  PGHOST: "host",
  PGPORT: "port",
  PGDATABASE: "database",
  PGUSER: "username",
  PGPASSWORD: "password",
  PGSSLMODE: "sslmode",
};

/** A Secret that somebody else keeps, in the platform's namespace. */
export interface ExistingSecretSpec {
  readonly name: string;
  /** Part of the connection → key of the Secret: `url`, or `username` and `password`, and maybe more. */
  readonly keys: Readonly<Partial<Record<ConnectionKey, string>>>;
}
