import type { LockMode } from "./locks.ts";
import type { RuleName } from "./rule-list.ts";

/** `error`: sure to fail or to break the gate. `warning`: a risk. */
export type Severity = "error" | "warning";

/** A lock that a statement takes on a table that other sessions use. */
export interface TakenLock {
  readonly mode: LockMode;
  /** As the statement names it; `null`: it does not (`DROP INDEX` locks the table of the index). */
  readonly table: string | null;
}

/** One thing that is wrong, or risky, in a migration. */
export interface Finding {
  readonly rule: RuleName;
  readonly severity: Severity;
  /** Name of the migration. */
  readonly migration: string;
  /** File, relative to the folder. */
  readonly file: string;
  /** Line in the file, from 1; `null` in TypeScript, of which the sent statements are judged. */
  readonly line: number | null;
  /** What is wrong, in one sentence. */
  readonly message: string;
  /** The statement's beginning, on one line; `null` where no single statement is meant. */
  readonly statement: string | null;
  readonly lock: TakenLock | null;
  /** How it is done without the risk, as SQL where that is possible. */
  readonly safe: string;
}

/** What a rule says of one statement; the rest of a finding is the same for all rules. */
export interface Draft {
  readonly rule: RuleName;
  readonly message: string;
  readonly lock?: TakenLock;
  /** Default: the rule's own safe way, where that names no table. */
  readonly safe?: string;
}
