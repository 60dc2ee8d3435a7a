import { type Client, Query } from "pg";

/** What came back of one message of several statements. */
export interface SimpleResult {
  /** Statements that completed before the end or the error. */
  readonly completed: number;
  /** The first row of all, where a statement returned one. */
  readonly firstRow: Readonly<Record<string, unknown>> | undefined;
  /** Absent where all went well. */
  readonly error?: unknown;
}

/**
 * Sends text as one message of the simple protocol and waits for its end: one round trip however many
 * statements it holds. Never throws: an error comes with what was seen before it, which the driver's
 * own `query` drops. Rows but the first are not kept, so that a migration may select as much as it likes.
 */
export function sendSimple(client: Client, text: string): Promise<SimpleResult> {
  return new Promise((resolve) => {
    let completed = 0;
    let firstRow: Readonly<Record<string, unknown>> | undefined;
    const count = (): void => {
      completed += 1;
    };
    const settle = (failure?: { readonly error: unknown }): void => {
      client.connection.off("commandComplete", count);
      resolve({ completed, firstRow, ...failure });
    };
    client.connection.on("commandComplete", count);
    const query = new Query<Record<string, unknown>>({ text });
    query.on("row", (row) => {
      firstRow ??= row;
    });
    query.on("error", (error) => settle({ error }));
    query.on("end", () => settle());
    client.query(query);
  });
}
