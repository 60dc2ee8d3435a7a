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
  /** To apply the expand migrations that a contract migration needs. */
  readonly expandFirst: string;
  /** What becomes of the contract migration of this name that newer ones would jump over. */
  readonly contractFirst: (name: string) => string;
  /** To let a way down lose data. */
  readonly allowDataLoss: string;
  /** To finish what is half done before it is undone. */
  readonly finishFirst: string;
  /** To go down no further than the version of this name. */
  readonly downAtMost: (name: string) => string;
  /** To undo what has no way down. */
  readonly missingDown: string;
  /** What else may be done about the changed file of the applied migration of this name. */
  readonly acceptChange: (name: string) => string;
  /** What else may be done about the applied migration of this name whose file is gone. */
  readonly acceptName: (name: string) => string;
  /** What becomes of another tool's history that the first run finds. */
  readonly otherHistory: string;
}

const NEW_DOWN =
  "write a new migration that undoes it, or give it a way down (NNN_name.down.sql beside it, or `down` in it)";

/** In the words of the runner's own options. */
export const RUNNER_ADVICE: Advice = {
  again: "run again",
  outOfOrder: "allow it once with --out-of-order",
  ahead: "allow it with --ahead notice",
  lockWait: "--lock-wait",
  deadline: "--deadline",
  statementTimeout: "--statement-timeout",
  idleInTransaction: "--idle-in-transaction-timeout",
  expandFirst: "run `migrator up --phase expand`",
  contractFirst: (name) =>
    `run it first with \`migrator up --to ${name}\`, or, where it is never to run, \`migrator withdraw ${name}\``,
  allowDataLoss: "allow it with --allow-data-loss",
  finishFirst: "let `migrator up` finish it first, then run down",
  downAtMost: (name) => `go down to it at most: migrator down --to ${name}`,
  acceptChange: (name) =>
    `where the change is known to do no harm, \`migrator repair --accept ${name}\``,
  acceptName: (name) =>
    `where it only has another name now, \`migrator repair --rename ${name}=NEW_NAME\``,
  otherHistory:
    "take it over: `migrator adopt` shows what it would record (`migrator baseline VERSION` records by version alone); where that table has nothing to do with these files, `migrator up --ignore-other-history`",
  missingDown: `${NEW_DOWN} and run \`migrator down --migrations DIR\``,
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
    expandFirst: `raise \`${key("run")}\` by one and run \`pulumi up\`, whose first Job applies them`,
    contractFirst: () =>
      "take what is newer out of the folder and run `pulumi up`, which runs it after the rollout, then put that back; or, where it is never to run, withdraw it: docs/runbook.md, A contract migration holds up a deploy",
    allowDataLoss: "allow it with `rollback.allowDataLoss: true`",
    finishFirst: "take `rollback` out and run `pulumi up`, which finishes it; then go back",
    downAtMost: (name) => `go back to it at most: \`rollback.to: ${name}\``,
    acceptChange: () =>
      "where the change is known to do no harm, accept it: docs/runbook.md, An applied file was changed or renamed",
    acceptName: () =>
      "where it only has another name now, rename it: docs/runbook.md, An applied file was changed or renamed",
    otherHistory:
      "take it over, or say that it has nothing to do with these files: docs/runbook.md, Another tool has migrated the database",
    missingDown: `${NEW_DOWN} in this folder, and run \`pulumi up\` again`,
  };
}

/** The words that fit whoever started the run. */
export function adviceOf(env: Environment): Advice {
  const database = variable(env, ENV.stackDatabase);
  return database === undefined ? RUNNER_ADVICE : stackAdvice(database);
}
