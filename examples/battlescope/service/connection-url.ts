import type { Connection } from "./connections.ts";
import { readTls } from "./tls.ts";

/**
 * Reads `postgresql://user:password@host:port/database?sslmode=…&sslrootcert=FILE`.
 * @returns the connection, or what is wrong with it: never a part of the URL, which holds the password.
 */
export function readUrl(
  variable: string,
  text: string,
  serverName: string | undefined,
): Connection | string {
  const form = "postgresql://user:password@host:port/database is the form";
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    // The error that is dropped here carries the whole URL as its `input`.
    return `${variable}: not a URL; ${form}`;
  }
  if (url.protocol !== "postgresql:" && url.protocol !== "postgres:") {
    return `${variable}: not a URL of Postgres; ${form}`;
  }
  const database = decode(url.pathname.slice(1));
  const user = decode(url.username);
  const password = decode(url.password);
  if (database === undefined || user === undefined || password === undefined) {
    return `${variable}: a % that is not followed by two hex digits; write it as %25`;
  }
  if (url.hostname === "" || database === "" || user === "") {
    return `${variable}: host, database or user is missing; ${form}`;
  }
  // A literal IPv6 address stands in brackets in a URL; a socket wants it bare.
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const tls = readTls({
    host,
    mode: url.searchParams.get("sslmode") ?? "",
    modeVariable: `${variable} (sslmode)`,
    caFile: url.searchParams.get("sslrootcert") ?? "",
    caVariable: `${variable} (sslrootcert)`,
    serverName: serverName ?? "",
  });
  if (typeof tls === "string") return tls;
  return {
    host,
    port: url.port === "" ? 5432 : Number(url.port),
    database,
    user,
    password,
    tls,
  };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
