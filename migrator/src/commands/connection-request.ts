import { type Advice, adviceOf } from "../core/advice.ts";
import type { Environment } from "../core/connection/connection-parts.ts";
import { readSettings } from "../core/connection/read-settings.ts";
import { DEFAULT_CONNECT_TIMEOUT } from "../core/connection/session.ts";
import type { ConnectionSettings } from "../core/connection/settings.ts";
import type { EventListener } from "../core/events.ts";

/** What every command that talks to a database takes. */
export interface ConnectionRequest {
  /** Where to connect; absent: read from `env`. */
  readonly connection?: ConnectionSettings;
  /** Default: the process's. */
  readonly env?: Environment;
  /** Prefix of the connection's variables, underscore included; default: none. */
  readonly prefix?: string;
  /** Bound of one try to connect, in seconds; default 10. */
  readonly connectTimeoutSeconds?: number;
  /** The words that advice is given in; default: those that fit `TIDEGATE_DATABASE` of `env`. */
  readonly advice?: Advice;
  /** Receives what happens. */
  readonly onEvent?: EventListener;
  /** Ends the work cleanly: the running statement is cancelled and rolled back. */
  readonly signal?: AbortSignal;
}

/** A request with its defaults applied. */
export interface ResolvedConnection {
  readonly settings: ConnectionSettings;
  readonly env: Environment;
  readonly connectTimeoutSeconds: number;
  readonly onEvent: EventListener;
  readonly advice: Advice;
}

/** @throws MigratorError of kind `usage` with all problems of the connection. */
export function resolveConnection(request: ConnectionRequest): ResolvedConnection {
  const env = request.env ?? process.env;
  const onEvent = request.onEvent ?? ((): void => undefined);
  const advice = request.advice ?? adviceOf(env);
  const connectTimeoutSeconds = request.connectTimeoutSeconds ?? DEFAULT_CONNECT_TIMEOUT;
  if (request.connection !== undefined) {
    return { settings: request.connection, env, connectTimeoutSeconds, onEvent, advice };
  }
  const { settings, notices } = readSettings(env, request.prefix);
  for (const message of notices) onEvent({ event: "notice", message });
  return { settings, env, connectTimeoutSeconds, onEvent, advice };
}
