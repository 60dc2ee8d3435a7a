import type { ConnectionParts, ConnectionSource } from "./connection-parts.ts";

/** Parameters of the query that name a part of the connection, as in libpq. */
const PARTS = new Map<string, keyof ConnectionParts>([
  ["host", "host"],
  ["port", "port"],
  ["dbname", "database"],
  ["user", "user"],
  ["password", "password"],
  ["sslmode", "sslmode"],
  ["sslrootcert", "sslrootcert"],
]);

/** Parameters that would change what is done or with whom, and that the runner does not know. */
const REFUSED = new Map([
  ["sslcert", "client certificates are not supported"],
  ["sslkey", "client certificates are not supported"],
  ["sslpassword", "client certificates are not supported"],
  ["options", "settings at start are refused by poolers; put `set local …` into the migration"],
  ["service", "service files are not read; name host, database and user"],
  ["passfile", "password files are not read; give the password in a variable"],
  ["target_session_attrs", "the runner needs one host, the primary"],
]);

/** Stands in for an absent host while the URL is read; `.invalid` is nobody's. Source: RFC 2606. */
const NO_HOST = "none.invalid";

export interface ParsedUrl {
  readonly source: ConnectionSource;
  readonly problems: readonly string[];
  readonly notices: readonly string[];
}

/**
 * Reads a connection URL (`postgres://user:password@host:port/database?sslmode=…`). The driver's own
 * reader is not used: it falls back to plain text without a word where `sslmode` is absent.
 * No message repeats any part of the URL, which holds a password.
 */
export function parseConnectionUrl(name: string, text: string): ParsedUrl {
  const source = (parts: ConnectionParts): ConnectionSource => ({ name, parts, variables: {} });
  const broken = (reason: string): ParsedUrl => ({
    source: source({}),
    problems: [`${name} ${reason}`],
    notices: [],
  });
  const form = "expected postgres://USER:PASSWORD@HOST:PORT/DATABASE";
  if (!/^postgres(ql)?:\/\//.test(text)) return broken(`is not a Postgres URL; ${form}`);
  if (/^[a-z]+:\/\/[^/?]*,/.test(text)) return broken("names several hosts; the runner needs one");
  let url: URL;
  try {
    // A user without a host (`postgres://me@/shop?host=/run/postgresql`) is a socket; URL refuses it.
    url = new URL(text.replace(/^([a-z]+:\/\/[^/?#@]*@)(?=[:/?]|$)/, `$1${NO_HOST}`));
  } catch {
    return broken(
      `cannot be read; ${form}, with : / @ ? # % of a user or password written as %3A %2F %40 %3F %23 %25`,
    );
  }

  if (url.hash !== "") return broken("holds a #; write it as %23");

  const parts: Partial<Record<keyof ConnectionParts, string>> = {};
  const problems: string[] = [];
  const notices: string[] = [];
  const put = (part: keyof ConnectionParts, raw: string): void => {
    if (raw === "") return;
    try {
      parts[part] = decodeURIComponent(raw);
    } catch {
      problems.push(`${name} has a % in its ${part} that is no escape; write it as %25`);
    }
  };
  if (url.hostname !== NO_HOST) put("host", url.hostname.replace(/^\[(.*)\]$/, "$1"));
  put("port", url.port);
  put("database", url.pathname.replace(/^\//, ""));
  put("user", url.username);
  put("password", url.password);
  for (const [key, value] of url.searchParams) {
    const part = PARTS.get(key);
    const refused = REFUSED.get(key);
    if (part !== undefined) {
      if (value !== "") parts[part] = value;
    } else if (refused === undefined) {
      notices.push(`${name}: the parameter ${key} is ignored`);
    } else {
      problems.push(`${name} has ${key}: ${refused}`);
    }
  }
  return { source: source(parts), problems, notices };
}
