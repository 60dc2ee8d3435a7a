import type { EventListener } from "../events.ts";
import { type Session, withSession } from "./session.ts";

/** How often a running statement is cancelled anew, in milliseconds: one may start just after. */
const AGAIN = 500;

/** After this long the connection is dropped, in milliseconds; the server rolls back when it notices. */
const GIVE_UP = 8000;

/**
 * Runs `work` and, when the signal is aborted meanwhile, cancels what the session is doing from a
 * second connection until `work` ends. The caller looks at the signal afterwards.
 *
 * The role is given up first: the login may cancel its own sessions, the owner that it acts as may not.
 */
export async function cancelledBy<T>(
  session: Session,
  signal: AbortSignal,
  onEvent: EventListener,
  work: () => Promise<T>,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let finished = false;
  const drop = (): void => {
    if (!finished) session.client.connection.stream.destroy();
  };
  const cancel = async (): Promise<void> => {
    try {
      await withSession(session.settings, 3, async ({ client }) => {
        if (finished) return;
        await client.query("set role none");
        await client.query("select pg_catalog.pg_cancel_backend($1)", [session.announcedPid]);
      });
    } catch (error) {
      onEvent({
        event: "notice",
        message: `the running statement could not be cancelled (${String(error)}); the connection is dropped`,
      });
      drop();
    }
    if (!finished) timer = setTimeout(() => void cancel(), AGAIN);
  };
  const begin = (): void => {
    void cancel();
    setTimeout(drop, GIVE_UP).unref();
  };
  signal.throwIfAborted();
  signal.addEventListener("abort", begin, { once: true });
  try {
    return await work();
  } finally {
    finished = true;
    clearTimeout(timer);
    signal.removeEventListener("abort", begin);
  }
}
