import type { Driver, Transaction } from "kysely";

import type * as KyselyModules from "./kysely-modules.ts";
import type { MigrationConnection } from "./migration-connection.ts";

/** Kysely, loaded only when a TypeScript migration is pending. */
type KyselyModule = typeof KyselyModules;

async function nothing(): Promise<void> {}

/**
 * Gives `use` a real Kysely `Transaction` on the connection, so that code written for Kysely works and a
 * nested `transaction()` is refused by Kysely itself. The runner begins and commits: the driver's own
 * begin and rollback do nothing, and its commit waits for queries that were not awaited, while Kysely
 * still lets them through: refused ones would reject promises that nobody handles.
 */
export async function withTransaction(
  kysely: KyselyModule,
  connection: MigrationConnection,
  use: (db: Transaction<unknown>) => Promise<void>,
): Promise<void> {
  const driver: Driver = {
    init: nothing,
    acquireConnection: async () => connection,
    beginTransaction: nothing,
    commitTransaction: async () => {
      await connection.settle();
    },
    rollbackTransaction: nothing,
    releaseConnection: nothing,
    destroy: nothing,
  };
  const db = new kysely.Kysely<unknown>({
    dialect: {
      createAdapter: () => new kysely.PostgresAdapter(),
      createDriver: () => driver,
      createIntrospector: (handle) => new kysely.PostgresIntrospector(handle),
      createQueryCompiler: () => new kysely.PostgresQueryCompiler(),
    },
  });
  await db.transaction().execute(use);
}
