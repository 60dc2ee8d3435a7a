import { rollBack } from "../connection/roll-back.ts";
import type { ApplyContext } from "./apply-context.ts";

/**
 * Ends what is left of a failed transaction, then asks the server what became of the one that the
 * runner began: a file that holds a COMMIT leaves part of itself behind, and the verdict must not say
 * "rolled back" then.
 *
 * @param guardRow the row that the guard returned; absent where not even that ran.
 */
export async function outcomeOf(
  context: ApplyContext,
  guardRow: Readonly<Record<string, unknown>> | undefined,
): Promise<string | null> {
  const { client } = context.session;
  await rollBack(client).catch(() => undefined);
  const xid = guardRow?.["xid"];
  if (typeof xid !== "string") return null;
  try {
    const { rows } = await client.query<{ status: string | null }>(
      "select pg_catalog.pg_xact_status($1::text::xid8) as status",
      [xid],
    );
    return rows[0]?.status ?? null;
  } catch {
    // Lost in the meantime: the caller's error says why.
    return null;
  }
}
