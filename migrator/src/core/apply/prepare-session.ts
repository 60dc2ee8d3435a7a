import type { Session } from "../connection/session.ts";

/** How long a transaction of a migration may stand idle where the caller sets nothing, in seconds. */
export const DEFAULT_IDLE_IN_TRANSACTION = 300;

/**
 * Settings of a session that is about to change something. They are no startup parameters, which
 * poolers refuse with an error that names neither setting nor remedy.
 *
 * - a killed runner's session ends within 2 s instead of when its statement ends (measured: 0.8 s
 *   against 11.7 s), so that the next run gets the lock;
 * - a lost node is noticed by keepalives after about a minute;
 * - a migration that hangs between two statements does not hold its locks for ever.
 */
function settingsOf(idleInTransactionSeconds: number): readonly string[] {
  return [
    "set client_connection_check_interval = '2s';",
    `set idle_in_transaction_session_timeout = '${Math.round(idleInTransactionSeconds * 1000)}ms';`,
    "set tcp_keepalives_idle = 30;",
    "set tcp_keepalives_interval = 10;",
    "set tcp_keepalives_count = 3;",
  ];
}

/** Applies what the server supports, and returns it to be put back after each migration. */
export async function prepareSession(
  session: Session,
  idleInTransactionSeconds: number = DEFAULT_IDLE_IN_TRANSACTION,
): Promise<string> {
  const settings = settingsOf(idleInTransactionSeconds);
  try {
    await session.client.query(settings.join(""));
    return settings.join("");
  } catch {
    // A server on a platform without some of them refuses the message as a whole: one by one then.
    const supported: string[] = [];
    for (const setting of settings) {
      await session.client.query(setting).then(
        () => supported.push(setting),
        () => undefined,
      );
    }
    return supported.join("");
  }
}
