/**
 * What a TypeScript migration may import besides Node's modules. Nothing imports this file statically:
 * a run without a pending TypeScript migration does not pay for loading Kysely.
 */
import * as kysely from "kysely";
import * as postgres from "kysely/helpers/postgres";
import * as migration from "kysely/migration";
import * as readonly from "kysely/readonly";

export { Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from "kysely";

/** Module name → its exports. */
export const KYSELY_MODULES: Readonly<Record<string, unknown>> = {
  kysely,
  "kysely/helpers/postgres": postgres,
  "kysely/migration": migration,
  "kysely/readonly": readonly,
};
