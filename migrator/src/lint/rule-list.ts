import type { Severity } from "./finding.ts";
import type { LockMode } from "./locks.ts";
import { CHANGE_RULES } from "./rule-list-changes.ts";
import { LOCK_RULES } from "./rule-list-locks.ts";
import { WORK_RULES } from "./rule-list-work.ts";

/** What the documentation and the tests know of a rule. */
export interface RuleText {
  readonly severity: Severity;
  /** What it finds, as a noun. */
  readonly title: string;
  /** Why that is one. */
  readonly why: string;
  /** What runs before the example, for it to have something to work on. */
  readonly setup?: string;
  /** A migration that the rule finds. */
  readonly example: string;
  /** The phase that the example is in; default `expand`. */
  readonly phase?: "contract";
  /** Whether the example runs without a transaction; default `false`. */
  readonly noTransaction?: true;
  /** The strongest lock that the example holds on its table; absent: none that matters. */
  readonly lock?: LockMode;
  /** The example's table; default `orders`. */
  readonly table?: string;
  /** The safe way, as a migration or several. */
  readonly safe: string;
}

/** Every rule, in the order of the documentation. */
export const RULES = { ...LOCK_RULES, ...WORK_RULES, ...CHANGE_RULES } satisfies Record<
  string,
  RuleText
>;

export type RuleName = keyof typeof RULES;

export function isRuleName(name: string): name is RuleName {
  return Object.hasOwn(RULES, name);
}

/** Those that a comment cannot silence: what they find fails for certain, or is the comment itself. */
export const NOT_ALLOWABLE: readonly RuleName[] = [
  "syntax",
  "not-in-transaction",
  "migration-lock-released",
  "allowance",
  "unused-allowance",
];
