/** What one source says about a connection, as text; absent is "does not say". */
export interface ConnectionParts {
  readonly host?: string;
  readonly port?: string;
  readonly database?: string;
  readonly user?: string;
  readonly password?: string;
  readonly sslmode?: string;
  readonly sslrootcert?: string;
}

/** A source of a connection: what it is called, what it says, and which of its names say it. */
export interface ConnectionSource {
  /** For messages: `DATABASE_URL`, `PG*`, `POSTGRES_*` or `DB_*`, behind the prefix. */
  readonly name: string;
  readonly parts: ConnectionParts;
  /** The variable that holds each part, for messages. */
  readonly variables: Readonly<Partial<Record<keyof ConnectionParts, string>>>;
}

type Names = Readonly<Partial<Record<keyof ConnectionParts, string>>>;

const SETS: readonly { readonly name: string; readonly names: Names }[] = [
  {
    name: "PG*",
    names: {
      host: "PGHOST",
      port: "PGPORT",
      database: "PGDATABASE",
      user: "PGUSER",
      password: "PGPASSWORD",
    },
  },
  {
    name: "POSTGRES_*",
    names: {
      host: "POSTGRES_HOST",
      port: "POSTGRES_PORT",
      database: "POSTGRES_DB",
      user: "POSTGRES_USER",
      password: "POSTGRES_PASSWORD",
      sslmode: "POSTGRES_SSL",
    },
  },
  {
    name: "DB_*",
    names: {
      host: "DB_HOST",
      port: "DB_PORT",
      database: "DB_NAME",
      user: "DB_USER",
      password: "DB_PASSWORD",
    },
  },
];

/** The variables of each set, for help texts and messages. */
export function variablesOf(prefix: string): readonly string[] {
  return [
    `${prefix}DATABASE_URL`,
    ...SETS.map(({ names }) =>
      Object.values(names)
        .map((name) => `${prefix}${name}`)
        .join(", "),
    ),
  ];
}

/** An environment: names and values. An empty value counts as absent, as in libpq. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads one variable; empty counts as absent. */
export function variable(env: Environment, name: string): string | undefined {
  const value = env[name];
  return value === undefined || value === "" ? undefined : value;
}

/** The sets of single variables that say anything about who and where. */
export function readVariableSets(env: Environment, prefix: string): readonly ConnectionSource[] {
  return SETS.flatMap(({ name, names }) => {
    const parts: Partial<Record<keyof ConnectionParts, string>> = {};
    const variables: Partial<Record<keyof ConnectionParts, string>> = {};
    for (const part of PART_NAMES) {
      const suffix = names[part];
      if (suffix === undefined) continue;
      variables[part] = `${prefix}${suffix}`;
      const value = variable(env, `${prefix}${suffix}`);
      if (value !== undefined) parts[part] = value;
    }
    return Object.keys(parts).length === 0 ? [] : [{ name: `${prefix}${name}`, parts, variables }];
  });
}

const PART_NAMES = [
  "host",
  "port",
  "database",
  "user",
  "password",
  "sslmode",
  "sslrootcert",
] as const satisfies readonly (keyof ConnectionParts)[];
