import type { Advice } from "./advice.ts";
import type { ApplyContext } from "./apply/apply-context.ts";
import type { Session } from "./connection/session.ts";
import type { EventListener } from "./events.ts";

/** How migrations are run, in whichever direction. */
export interface BaseRunOptions {
  readonly expectOwner: boolean;
  /** Bound of all waits of the run: for the migration lock, locks of tables, a server that went away; in seconds. */
  readonly lockWaitSeconds: number;
  readonly connectTimeoutSeconds: number;
  /** Bound of each statement of a migration, in seconds; `null`: the server's own. */
  readonly statementTimeoutSeconds: number | null;
  /** How long a transaction of a migration may stand idle, in seconds. */
  readonly idleInTransactionSeconds: number;
  /** After how long a running statement is reported, in seconds. */
  readonly progressSeconds: number;
  /** Commit recorded in the history. */
  readonly gitCommit: string | null;
  /** Name of the pod recorded in the log. */
  readonly pod: string | null;
  readonly signal: AbortSignal;
  readonly onEvent: EventListener;
  readonly advice: Advice;
}

/** What the migrations of one run need. */
export function contextOf(
  session: Session,
  options: BaseRunOptions,
  own: Pick<ApplyContext, "sessionSettings" | "lastGood" | "waits"> & { readonly batch: number },
): ApplyContext {
  const { gitCommit, pod } = options;
  const { batch, sessionSettings, lastGood, waits } = own;
  return {
    session,
    signal: options.signal,
    onEvent: options.onEvent,
    advice: options.advice,
    waits,
    statementTimeoutSeconds: options.statementTimeoutSeconds,
    progressSeconds: options.progressSeconds,
    sessionSettings,
    lastGood,
    run: { batch, gitCommit, pod },
  };
}
