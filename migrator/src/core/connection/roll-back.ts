import type pg from "pg";

/**
 * Ends what is left of a transaction; nothing where none is open, as a ROLLBACK without one is answered
 * with a warning, "there is no transaction in progress", that stands beside the failure and explains
 * nothing. The driver passes an error on before the server has said in what state it left the session;
 * the empty query waits for that.
 */
export async function rollBack(client: pg.Client): Promise<void> {
  await client.query("");
  if (client.getTransactionStatus() !== "I") await client.query("rollback");
}
