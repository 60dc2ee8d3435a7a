import { readUrl } from "./connection-url.ts";
import { readTls, type Tls } from "./tls.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** Where one database is and who logs in to it. */
export interface Connection {
  readonly database: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly tls: Tls;
}

/** The variables of one way to write a connection, without their prefix. */
interface VariableSet {
  readonly host: string;
  readonly port: string;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  readonly sslmode: string;
  readonly ssl: string;
  readonly ca: string;
}

const variables = (start: string, database: string, sslmode: string, ca: string): VariableSet => ({
  host: `${start}HOST`,
  port: `${start}PORT`,
  database: `${start}${database}`,
  user: `${start}USER`,
  password: `${start}PASSWORD`,
  sslmode,
  ssl: `${start}SSL`,
  ca,
});

const SETS: readonly VariableSet[] = [
  variables("PG", "DATABASE", "PGSSLMODE", "PGSSLROOTCERT"),
  variables("POSTGRES_", "DB", "POSTGRES_SSLMODE", "POSTGRES_SSLROOTCERT"),
  variables("DB_", "NAME", "DB_SSLMODE", "DB_SSLROOTCERT"),
];

/** `…_SSL=true` is the short form that many programs read; it must not mean "unverified". */
const SHORT_FORM: Readonly<Record<string, string>> = { true: "verify-full", false: "disable" };

/**
 * Finds every connection in the environment: each prefix (empty, or one that ends with `_`) in front of
 * `DATABASE_URL`, `PGHOST`, `POSTGRES_HOST` or `DB_HOST`.
 */
export function readConnections(env: Env): { connections: Connection[]; mistakes: string[] } {
  const byDatabase = new Map<string, Connection>();
  const mistakes: string[] = [];
  for (const found of findSets(env)) {
    const connection = found.read();
    if (typeof connection === "string") {
      mistakes.push(connection);
      continue;
    }
    const known = byDatabase.get(connection.database);
    if (known !== undefined && !isSame(known, connection)) {
      mistakes.push(
        `${found.variable}: a second connection to the database ${connection.database} that differs ` +
          "from the first in its host, port or user; give one of them only",
      );
    }
    if (known === undefined) byDatabase.set(connection.database, connection);
  }
  return { connections: [...byDatabase.values()], mistakes };
}

interface FoundSet {
  readonly variable: string;
  /** The connection, or what is wrong with it. */
  readonly read: () => Connection | string;
}

function findSets(env: Env): FoundSet[] {
  const found: FoundSet[] = [];
  for (const variable of Object.keys(env).toSorted()) {
    const urlPrefix = prefixOf(variable, "DATABASE_URL");
    if (urlPrefix !== undefined) {
      const serverName = env[`${urlPrefix}PGTLSSERVERNAME`] ?? env["PGTLSSERVERNAME"];
      found.push({ variable, read: () => readUrl(variable, env[variable] ?? "", serverName) });
    }
    for (const set of SETS) {
      const prefix = prefixOf(variable, set.host);
      if (prefix !== undefined) found.push({ variable, read: () => readSet(env, prefix, set) });
    }
  }
  return found;
}

/** `undefined` where the variable is another one, for example `MYDB_HOST` for `DB_HOST`. */
function prefixOf(variable: string, name: string): string | undefined {
  if (!variable.endsWith(name)) return undefined;
  const prefix = variable.slice(0, -name.length);
  return prefix === "" || prefix.endsWith("_") ? prefix : undefined;
}

function readSet(env: Env, prefix: string, set: VariableSet): Connection | string {
  const value = (name: string): string => env[prefix + name] ?? "";
  const missing = [set.database, set.user].filter((name) => value(name) === "");
  if (missing.length > 0) {
    const names = missing.map((name) => prefix + name).join(" and ");
    return `${prefix}${set.host} is set, ${names} not: set them too`;
  }
  const port = value(set.port) === "" ? 5432 : Number(value(set.port));
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    return `${prefix}${set.port}: a port from 1 to 65535 is needed`;
  }
  // Names of libpq stand in where a set has none of its own: DB_* says nothing of TLS.
  const ownMode = value(set.sslmode) || SHORT_FORM[value(set.ssl)] || "";
  const tls = readTls({
    host: value(set.host),
    mode: ownMode || env["PGSSLMODE"] || "",
    modeVariable: ownMode === "" ? "PGSSLMODE" : prefix + set.sslmode,
    caFile: value(set.ca) || env["PGSSLROOTCERT"] || "",
    caVariable: value(set.ca) === "" ? "PGSSLROOTCERT" : prefix + set.ca,
    serverName: value("PGTLSSERVERNAME") || env["PGTLSSERVERNAME"] || "",
  });
  if (typeof tls === "string") return tls;
  return {
    host: value(set.host),
    port,
    database: value(set.database),
    user: value(set.user),
    password: value(set.password),
    tls,
  };
}

const isSame = (a: Connection, b: Connection): boolean =>
  a.host === b.host && a.port === b.port && a.user === b.user;
