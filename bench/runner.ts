/** How a program reaches the database that it is measured on. */
export interface Database {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly name: string;
}

/** One migration, in no tool's format: a table and an index on it. */
export interface Migration {
  /** Such as `0007`: of the same width in all names, so that they sort as text. */
  readonly number: string;
  readonly table: string;
  /** Its statements, each without a semicolon. */
  readonly up: readonly string[];
  readonly down: string;
}

/** A program to start. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  /** All that it gets besides `PATH` and `HOME`. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** A program that was found on this machine. */
export interface Found {
  readonly version: string;
  /** Bytes of the program with all that it brings along, without Node; `null`: the machine's own. */
  readonly bytes: number | null;
}

/** A program that applies migrations. */
export interface Runner {
  /** The row's name. */
  readonly name: string;
  /** @throws Error that says why this machine does not have it. */
  readonly find: () => Promise<Found>;
  /** Writes migrations as this program wants them, into an empty folder. */
  readonly write: (folder: string, migrations: readonly Migration[]) => Promise<void>;
  /** Applies what is pending in the folder. */
  readonly apply: (folder: string, database: Database) => Command;
  /** It keeps no history, so that only applying can be measured. */
  readonly floor?: true;
}

/** A URL of the database; no server of the bench speaks TLS. */
export function urlOf(database: Database, scheme = "postgres"): string {
  const { host, port, user, password, name } = database;
  return `${scheme}://${user}:${password}@${host}:${port}/${name}?sslmode=disable`;
}

/** The variables of libpq. */
export function libpqVariables(database: Database): Record<string, string> {
  return {
    PGHOST: database.host,
    PGPORT: String(database.port),
    PGUSER: database.user,
    PGPASSWORD: database.password,
    PGDATABASE: database.name,
    PGSSLMODE: "disable",
  };
}
