import { splitSql } from "../../bundle/sql-statements.ts";
import { transactionEnd } from "../../bundle/transaction-end.ts";

/**
 * The word by which SQL would end the transaction that it is sent in, at its beginning or in a later
 * statement of the same text; `null`: it ends none. Nothing else can: a procedure that commits is
 * refused by Postgres inside a transaction. Files are read for this when they are bundled; what code
 * sends is known only when it is sent.
 */
export function transactionEndIn(sql: string): string | null {
  for (const { words } of splitSql(sql).statements) {
    const end = transactionEnd(words);
    if (end !== null) return end;
  }
  return null;
}
