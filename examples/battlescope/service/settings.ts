import { readConnections, type Connection } from "./connections.ts";

/** Everything that the process is told by its environment. */
export interface Settings {
  /** Name of the service, for example `bff`. */
  readonly service: string;
  /** Version of the image. */
  readonly version: string;
  /** How its connections name themselves, so that services and versions can be told apart. */
  readonly applicationName: string;
  readonly port: number;
  readonly connections: readonly Connection[];
}

/** The environment is wrong; the message tells which variable, and never its value. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

/**
 * Reads `SERVICE_NAME`, `SERVICE_VERSION` (default `dev`), `PGAPPNAME` (default `<name>/<version>`),
 * `PORT` and the connections.
 * @throws {SettingsError} with every mistake that was found.
 */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const mistakes: string[] = [];
  const service = env["SERVICE_NAME"] ?? "";
  if (!/^[a-z][a-z0-9-]{0,40}$/.test(service)) {
    mistakes.push("SERVICE_NAME: a name such as `bff` is needed, of a-z, 0-9 and `-`");
  }
  const port = Number(env["PORT"]);
  // 0 lets the system choose; the port is in the line that the start logs.
  if (!/^\d+$/.test(env["PORT"] ?? "") || port > 65_535) {
    mistakes.push("PORT: a port from 0 to 65535 is needed");
  }
  const { connections, mistakes: wrongConnections } = readConnections(env);
  mistakes.push(...wrongConnections);
  if (mistakes.length > 0) throw new SettingsError(mistakes.join("; "));
  const version = env["SERVICE_VERSION"] ?? "dev";
  const applicationName = env["PGAPPNAME"] ?? `${service}/${version}`;
  return { service, version, applicationName, port, connections };
}
