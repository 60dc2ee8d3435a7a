/**
 * The words by which a statement ends the transaction that it is sent in; `null`: it ends none. `ROLLBACK TO`
 * goes back to a savepoint and ends none.
 *
 * @param words of the statement, in upper case
 */
export function transactionEnd([first, second, third]: readonly string[]): string | null {
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
