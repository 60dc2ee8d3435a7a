import { ENV } from "../contract.ts";
import { type Environment, variable } from "./connection/connection-parts.ts";

/**
 * How the reader of a verdict does what it advises. Whoever deploys with Pulumi has no command line of
 * the runner to put an option on, and looks in vain for a flag that a Job's verdict names.
 */
export interface Advice {
  /** To start the run once more: `run again`. */
  readonly again: string;
  /** To allow migrations older than the newest applied one. */
  readonly outOfOrder: string;
  /** To let an older release run on a newer database. */
  readonly ahead: string;
  /** Where the bound of waits for locks is set. */
  readonly lockWait: string;
  /** Where the bound of the whole run is set. */
  readonly deadline: string;
  /** Where the bound of each statement is set. */
  readonly statementTimeout: string;
  /** Where the bound of an idle transaction is set. */
  readonly idleInTransaction: string;
}

/** In the words of the runner's own options. */
export const RUNNER_ADVICE: Advice = {
  again: "run again",
  outOfOrder: "allow it once with --out-of-order",
  ahead: "allow it with --ahead notice",
  lockWait: "--lock-wait",
  deadline: "--deadline",
  statementTimeout: "--statement-timeout",
  idleInTransaction: "--idle-in-transaction-timeout",
};

/** In the words of a stack's configuration, of which `database` is a key of `databases`. */
export function stackAdvice(database: string): Advice {
  const key = (name: string): string => `databases.${database}.${name}`;
  return {
    again: "run `pulumi up` again",
    outOfOrder: `allow it with \`${key("outOfOrder")}: true\``,
    ahead: `allow it with \`${key("ahead")}: notice\``,
    lockWait: `\`${key("lockWait")}\``,
    deadline: `\`${key("deadline")}\``,
    statementTimeout: `\`${key("statementTimeout")}\``,
    idleInTransaction: `\`${key("idleInTransactionTimeout")}\``,
  };
}

/** The words that fit whoever started the run. */
export function adviceOf(env: Environment): Advice {
  const database = variable(env, ENV.stackDatabase);
  return database === undefined ? RUNNER_ADVICE : stackAdvice(database);
}
