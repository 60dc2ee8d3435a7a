import { splitSql } from "../../bundle/sql-statements.ts";

/**
 * The word by which SQL would end the transaction that it is sent in, at its beginning or in a later
 * statement of the same text; `null`: it ends none. Nothing else can: a procedure that commits is
 * refused by Postgres inside a transaction. Files are read for this when they are bundled; what code
 * sends is known only when it is sent.
 */
export function transactionEnd(sql: string): string | null {
  for (const { words } of splitSql(sql).statements) {
    const end = endOf(words);
    if (end !== null) return end;
  }
  return null;
}

function endOf([first, second, third]: readonly string[]): string | null {
  switch (first) {
    case "COMMIT":
    case "END":
    case "ABORT":
      return first;
    case "ROLLBACK": {
      const noise = second === "WORK" || second === "TRANSACTION";
      return (noise ? third : second) === "TO" ? null : first;
    }
    case "PREPARE":
      return second === "TRANSACTION" ? "PREPARE TRANSACTION" : null;
    default:
      return null;
  }
}
