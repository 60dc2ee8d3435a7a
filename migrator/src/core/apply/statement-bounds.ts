import type { ApplyContext } from "./apply-context.ts";
import { isConcurrent } from "./concurrent-statement.ts";
import { lockTimeout } from "./conflict-retry.ts";

/**
 * The bounds of one statement that runs outside a transaction, where nothing is LOCAL; they go with
 * the rest of what the file has set. None for a concurrent build: cut short it would leave an invalid
 * index.
 */
export function boundsOf(context: ApplyContext, statement: string, attempt: number): string {
  const { statementTimeoutSeconds } = context;
  const concurrent = isConcurrent(statement);
  const lock = `set lock_timeout = '${concurrent ? 0 : lockTimeout(attempt)}ms'`;
  if (statementTimeoutSeconds === null) return lock;
  return `${lock};set statement_timeout = '${concurrent ? 0 : Math.round(statementTimeoutSeconds * 1000)}ms'`;
}
