import { MigratorError, usageError } from "../migrator-error.ts";
import {
  type ConnectionParts,
  type ConnectionSource,
  type Environment,
  readVariableSets,
  variable,
  variablesOf,
} from "./connection-parts.ts";
import { parseConnectionUrl } from "./connection-url.ts";
import { DEFAULT_HOST, DEFAULT_PORT, type ReadSettings } from "./settings.ts";
import { readTls, type TlsWords } from "./tls.ts";

/**
 * Reads the connection from the environment: `DATABASE_URL`, `PG*`, `POSTGRES_*`, `DB_*`, in this
 * order, the first set that names a database and a user. Host is `localhost` and port 5432 where a set
 * does not say; the database is never guessed. `PGSSLMODE`, `PGSSLROOTCERT` and `PGTLSSERVERNAME` count
 * for every set.
 *
 * @param prefix Put in front of every name, with its underscore: `AUTH_`.
 * @throws MigratorError of kind `usage` with all problems at once; no message holds a value of a URL or
 *   a password.
 */
export function readSettings(env: Environment, prefix = ""): ReadSettings {
  const problems: string[] = [];
  const notices: string[] = [];
  const urlName = `${prefix}DATABASE_URL`;
  const urlText = variable(env, urlName);
  const sources: ConnectionSource[] = [];
  if (urlText !== undefined) {
    const parsed = parseConnectionUrl(urlName, urlText);
    problems.push(...parsed.problems);
    notices.push(...parsed.notices);
    if (parsed.problems.length > 0) throw usageError("connection", problems);
    sources.push(parsed.source);
  }
  sources.push(...readVariableSets(env, prefix));

  const complete = sources.filter(isComplete);
  const [chosen, ...others] = complete;
  if (chosen === undefined) throw noConnection(sources, prefix);
  for (const other of others) problems.push(...disagreements(chosen, other));

  const { parts } = chosen;
  const host = parts.host ?? DEFAULT_HOST;
  const port = Number(parts.port ?? DEFAULT_PORT);
  if (!/^\d+$/.test(parts.port ?? "1") || port < 1 || port > 65535) {
    problems.push(`${nameOf(chosen, "port")} is not a port; allowed are 1 to 65535`);
  }
  const words = tlsWords(env, prefix, chosen, problems);
  const tls = readTls(host, words, `${prefix}PGSSLMODE`);
  problems.push(...tls.problems);
  notices.push(...tls.notices);
  if (problems.length > 0) throw usageError("connection", problems);

  const password = parts.password ?? variable(env, `${prefix}PGPASSWORD`);
  return {
    settings: {
      host,
      port,
      database: parts.database,
      user: parts.user,
      ...(password === undefined ? {} : { password }),
      tls: tls.tls,
    },
    notices,
  };
}

type Complete = ConnectionSource & {
  readonly parts: ConnectionParts & { readonly database: string; readonly user: string };
};

function isComplete(source: ConnectionSource): source is Complete {
  return source.parts.database !== undefined && source.parts.user !== undefined;
}

function nameOf(source: ConnectionSource, part: keyof ConnectionParts): string {
  return source.variables[part] ?? `the ${part} of ${source.name}`;
}

function noConnection(sources: readonly ConnectionSource[], prefix: string): MigratorError {
  if (sources.length === 0) {
    const lines = variablesOf(prefix).map((line) => `- ${line}`);
    return new MigratorError("usage", `no connection is given; set one of\n${lines.join("\n")}`);
  }
  return usageError(
    "connection",
    sources.map((source) => {
      const missing = (["database", "user"] as const)
        .filter((part) => source.parts[part] === undefined)
        .map((part) => nameOf(source, part));
      return `${source.name} is incomplete: ${missing.join(" and ")} ${missing.length === 1 ? "is" : "are"} missing`;
    }),
  );
}

function disagreements(first: Complete, second: Complete): readonly string[] {
  const differing = (["host", "port", "database", "user", "password"] as const).filter((part) => {
    if (part === "password" && (first.parts[part] ?? second.parts[part]) === undefined)
      return false;
    const fallback = part === "host" ? DEFAULT_HOST : part === "port" ? String(DEFAULT_PORT) : "";
    return (first.parts[part] ?? fallback) !== (second.parts[part] ?? fallback);
  });
  return differing.length === 0
    ? []
    : [
        `${first.name} and ${second.name} disagree on ${differing.join(", ")}; unset one of the two sets`,
      ];
}

function tlsWords(
  env: Environment,
  prefix: string,
  chosen: ConnectionSource,
  problems: string[],
): TlsWords {
  const modes = [
    chosen.parts.sslmode === undefined
      ? undefined
      : { from: chosen.variables.sslmode ?? "sslmode", value: chosen.parts.sslmode },
    word(env, `${prefix}PGSSLMODE`),
  ].filter((mode) => mode !== undefined);
  const [mode, other] = modes;
  if (mode !== undefined && other !== undefined && meaning(mode.value) !== meaning(other.value)) {
    problems.push(`${mode.from} and ${other.from} disagree; unset one of the two`);
  }
  const rootCert =
    chosen.parts.sslrootcert === undefined
      ? word(env, `${prefix}PGSSLROOTCERT`)
      : { from: "sslrootcert", value: chosen.parts.sslrootcert };
  const serverName = variable(env, `${prefix}PGTLSSERVERNAME`);
  return {
    ...(mode === undefined ? {} : { mode }),
    ...(rootCert === undefined ? {} : { rootCert }),
    ...(serverName === undefined ? {} : { serverName }),
  };
}

function word(env: Environment, from: string): { from: string; value: string } | undefined {
  const value = variable(env, from);
  return value === undefined ? undefined : { from, value };
}

/** `POSTGRES_SSL=true` and `PGSSLMODE=verify-full` say the same. */
function meaning(mode: string): string {
  if (mode === "true" || mode === "1" || mode === "require") return "verify-full";
  return mode === "false" || mode === "0" ? "disable" : mode;
}
