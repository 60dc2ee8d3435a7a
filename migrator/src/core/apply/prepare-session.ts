import type { Session } from "../connection/session.ts";

/**
 * Settings of a session that is about to change something. They are no startup parameters, which
 * poolers refuse with an error that names neither setting nor remedy.
 *
 * - a killed runner's session ends within 2 s instead of when its statement ends (measured: 0.8 s
 *   against 11.7 s), so that the next run gets the lock;
 * - a lost node is noticed by keepalives after about a minute;
 * - a migration that hangs between two statements does not hold its locks for ever.
 */
const SETTINGS = [
  "set client_connection_check_interval = '2s';",
  "set idle_in_transaction_session_timeout = '5min';",
  "set tcp_keepalives_idle = 30;",
  "set tcp_keepalives_interval = 10;",
  "set tcp_keepalives_count = 3;",
] as const;

/** Applies what the server supports, and returns it to be put back after each migration. */
export async function prepareSession(session: Session): Promise<string> {
  try {
    await session.client.query(SETTINGS.join(""));
    return SETTINGS.join("");
  } catch {
    // A server on a platform without some of them refuses the message as a whole: one by one then.
    const supported: string[] = [];
    for (const setting of SETTINGS) {
      await session.client.query(setting).then(
        () => supported.push(setting),
        () => undefined,
      );
    }
    return supported.join("");
  }
}
