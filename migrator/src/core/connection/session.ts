import { Client, type ClientConfig } from "pg";

import { MigratorError } from "../migrator-error.ts";
import { isConnectionLost } from "../sqlstate.ts";
import { APPLICATION_NAME } from "../version.ts";
import { explainConnectFailure } from "./connect-failure.ts";
import { type ConnectionSettings, isTls } from "./settings.ts";

/** One open connection and what made it. */
export interface Session {
  readonly client: Client;
  readonly settings: ConnectionSettings;
  /** The backend's process id as the server announced it; a pooler announces another one. */
  readonly announcedPid: number;
  /** What the server said last, unasked, mostly on closing the connection; `null`: nothing. */
  readonly lastError: () => unknown;
}

/** Bound of one try to connect, in seconds, where the caller sets none. */
export const DEFAULT_CONNECT_TIMEOUT = 10;

/** A connection that failed in a way that may pass: another try may work. */
export class ConnectionLost extends MigratorError {}

/**
 * Opens a connection, hands it to `use` and closes it whatever happens.
 *
 * @throws ConnectionLost where another try may help, MigratorError of kind `connection` where it won't;
 *   what `use` throws goes through.
 */
export async function withSession<T>(
  settings: ConnectionSettings,
  connectTimeoutSeconds: number,
  use: (session: Session) => Promise<T>,
): Promise<T> {
  const client = new Client(clientConfig(settings, connectTimeoutSeconds));
  // Without a listener a connection that breaks while idle would end the process.
  let lastError: unknown = null;
  client.on("error", (error) => {
    lastError ??= error;
  });
  try {
    await client.connect();
  } catch (error) {
    const explained = explainConnectFailure(error, settings);
    throw isConnectionLost(error)
      ? new ConnectionLost("connection", explained.message, explained.details, { cause: error })
      : explained;
  }
  try {
    const announced: unknown = Reflect.get(client, "processID");
    return await use({
      client,
      settings,
      announcedPid: typeof announced === "number" ? announced : 0,
      lastError: () => lastError,
    });
  } finally {
    await close(client);
  }
}

/** Ends the connection; one that is already gone, or hangs, is dropped. */
async function close(client: Client): Promise<void> {
  const drop = setTimeout(() => client.connection.stream.destroy(), 2000);
  try {
    await client.end();
  } catch {
    client.connection.stream.destroy();
  } finally {
    clearTimeout(drop);
  }
}

/** The driver's full configuration; no connection string, whose TLS rules are not ours. */
function clientConfig(settings: ConnectionSettings, connectTimeoutSeconds: number): ClientConfig {
  const { tls, password } = settings;
  const name = tls.serverName ?? settings.host;
  return {
    host: settings.host,
    port: settings.port,
    database: settings.database,
    user: settings.user,
    // A function, because the driver takes PGPASSWORD for an absent or empty password.
    password: () => password ?? "",
    application_name: APPLICATION_NAME,
    connectionTimeoutMillis: connectTimeoutSeconds * 1000,
    keepAlive: true,
    ssl: isTls(tls)
      ? {
          rejectUnauthorized: true,
          ...(tls.ca === undefined ? {} : { ca: tls.ca }),
          ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
          // The driver asks for the host's name whatever `servername` says.
          checkServerIdentity: (_host, certificate) =>
            tls.mode === "verify-ca"
              ? undefined
              : // An import would load it for every connection, and it takes 15 ms (measured on Node 24).
                process.getBuiltinModule("node:tls").checkServerIdentity(name, certificate),
        }
      : false,
  };
}
