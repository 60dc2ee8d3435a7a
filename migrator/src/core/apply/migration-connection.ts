import type { CompiledQuery, DatabaseConnection, QueryResult } from "kysely";
import type pg from "pg";

import { MigratorError } from "../migrator-error.ts";

/** The one connection that Kysely gets while a TypeScript migration runs. */
export class MigrationConnection implements DatabaseConnection {
  readonly #client: pg.Client;
  readonly #name: string;
  readonly #before: ((sql: string) => Promise<void>) | undefined;
  #refusal: unknown;
  #running = 0;
  #ended = false;
  #closed = false;
  #unawaited: string | undefined;
  #failed: { readonly sql: string; readonly error: unknown } | undefined;

  /**
   * @param before looks at every statement before it is sent; what it throws ends the migration, even
   *   where the migration's own code swallows it.
   */
  constructor(client: pg.Client, name: string, before?: (sql: string) => Promise<void>) {
    this.#client = client;
    this.#name = name;
    this.#before = before;
  }

  /** Why a statement was not sent; `undefined`: all were. */
  get refusal(): unknown {
    return this.#refusal;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    this.#assertOpen(query.sql);
    if (this.#ended) this.#unawaited ??= query.sql;
    this.#running += 1;
    try {
      await this.#look(query.sql);
      const result = await this.#client.query(query.sql, [...query.parameters]);
      if (this.#ended) this.#unawaited ??= query.sql;
      return {
        ...(/^(INSERT|UPDATE|DELETE|MERGE)$/.test(result.command)
          ? { numAffectedRows: BigInt(result.rowCount ?? 0) }
          : {}),
        // Kysely's row type is what the migration declares; the driver cannot know it.
        rows: result.rows,
      };
    } catch (error) {
      this.#failed = { sql: query.sql, error };
      throw error;
    } finally {
      this.#running -= 1;
    }
  }

  streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error("stream() is not supported in a migration; read in batches by key");
  }

  /** The statement that failed, where `error` is its error. */
  failedStatement(error: unknown): string | undefined {
    return this.#failed?.error === error ? this.#failed?.sql : undefined;
  }

  /**
   * Waits for what still runs and closes: later queries are refused. Returns the first statement that
   * the migration did not await; it might have run after the commit, or not at all.
   */
  async settle(): Promise<string | undefined> {
    this.#ended = true;
    // Kysely reaches the connection some microtasks after `execute()`: one turn lets those arrive.
    do {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    } while (this.#running > 0);
    this.#closed = true;
    return this.#unawaited;
  }

  /** Closes at once, for a run that is being stopped. */
  close(): void {
    this.#closed = true;
  }

  async #look(sql: string): Promise<void> {
    if (this.#refusal !== undefined) throw this.#refusal;
    try {
      await this.#before?.(sql);
    } catch (error) {
      this.#refusal = error;
      throw error;
    }
  }

  #assertOpen(sql: string): void {
    if (!this.#closed) return;
    throw new MigratorError(
      "migration",
      `the database handle of ${this.#name} was used after that migration had ended: ${sql}`,
      { next: "await every query in the migration's `up`" },
    );
  }
}
