import { transactionEnd } from "./transaction-end.ts";

/**
 * Why a statement cannot stand in a migration, or `null`.
 *
 * @param words of the statement, in upper case
 * @param transaction whether the file runs in a transaction
 */
export function refusal(words: readonly string[], transaction: boolean): string | null {
  const control = transactionControl(words);
  if (control !== null) {
    return transaction
      ? `${control} would end the transaction that this migration runs in, and its record with it. ` +
          "Delete it: each migration has a transaction of its own (SAVEPOINT and ROLLBACK TO are allowed). " +
          `Statements that need none go into a file with "${NO_TRANSACTION}" on top`
      : `${control} cannot stand in a file with "${NO_TRANSACTION}": its statements are run and recorded ` +
          "one by one, so that a transaction around them would be cut when a run is resumed. Delete it, " +
          "or move what belongs together into a migration of its own";
  }
  if (transaction && words[0] === "DISCARD" && words[1] === "ALL") {
    return (
      "DISCARD ALL cannot run in a transaction, and outside of one it would give up the lock that keeps " +
      "other runs out. Delete it, or write what is meant: RESET ALL, DISCARD PLANS, DISCARD TEMP"
    );
  }
  const outside = transaction ? neverInTransaction(words) : null;
  if (outside !== null) {
    return `${outside} cannot run in a transaction. Put "${NO_TRANSACTION}" on top of the file: its statements then run one by one, each on its own`;
  }
  return null;
}

const NO_TRANSACTION = "-- tidegate:no-transaction";

function transactionControl(words: readonly string[]): string | null {
  const [first, second] = words;
  if (first === "BEGIN") return first;
  if (first === "START") return second === "TRANSACTION" ? "START TRANSACTION" : null;
  return transactionEnd(words);
}

/** Statements for which Postgres answers 25001 (`PreventInTransactionBlock` in its sources). */
function neverInTransaction(words: readonly string[]): string | null {
  const [first, second, third] = words;
  switch (first) {
    case "VACUUM":
      return "VACUUM";
    case "CREATE":
    case "DROP": {
      if (second === "DATABASE" || second === "TABLESPACE") return `${first} ${second}`;
      // Of one that has no slot it could; but of one that has it leaves a half where it fails.
      if (first === "DROP" && second === "SUBSCRIPTION") return "DROP SUBSCRIPTION";
      const index = words.slice(1, 4).indexOf("INDEX") + 1;
      return index > 0 && words[index + 1] === "CONCURRENTLY"
        ? `${first} INDEX CONCURRENTLY`
        : null;
    }
    case "REINDEX":
      if (words.includes("CONCURRENTLY")) return "REINDEX … CONCURRENTLY";
      return second === "SCHEMA" || second === "DATABASE" || second === "SYSTEM"
        ? `REINDEX ${second}`
        : null;
    case "ALTER": {
      if (second === "SYSTEM") return "ALTER SYSTEM";
      if (second === "DATABASE" && followed(words, "SET", "TABLESPACE")) {
        return "ALTER DATABASE … SET TABLESPACE";
      }
      if (second === "SUBSCRIPTION" && followed(words, "REFRESH", "PUBLICATION")) {
        return "ALTER SUBSCRIPTION … REFRESH PUBLICATION";
      }
      const detaches = third !== undefined && words.includes("DETACH");
      return detaches && words.includes("CONCURRENTLY") ? "DETACH PARTITION … CONCURRENTLY" : null;
    }
    default:
      return null;
  }
}

function followed(words: readonly string[], one: string, next: string): boolean {
  return words.some((word, i) => word === one && words[i + 1] === next);
}
