import type { Runner } from "../runner.ts";
import { dbmate } from "./dbmate.ts";
import { drizzleOrm } from "./drizzle-orm.ts";
import { golangMigrate } from "./golang-migrate.ts";
import { goose } from "./goose.ts";
import { knex } from "./knex.ts";
import { kyselyCtl } from "./kysely-ctl.ts";
import { nodePgMigrate } from "./node-pg-migrate.ts";
import { psql } from "./psql.ts";
import { tern } from "./tern.ts";
import { tidegate } from "./tidegate.ts";

/** All rows, in the order of the table. */
export const RUNNERS: readonly Runner[] = [
  psql,
  tidegate,
  goose,
  tern,
  golangMigrate,
  dbmate,
  nodePgMigrate,
  knex,
  kyselyCtl,
  drizzleOrm,
];
