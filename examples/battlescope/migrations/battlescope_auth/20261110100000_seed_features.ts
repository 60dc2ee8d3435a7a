import type { Kysely } from "kysely";
import { FEATURES } from "./seed/features.ts";

type Tables = {
  features: { key: string; name: string; description: string };
};

export async function up(db: Kysely<unknown>): Promise<void> {
  await db
    .withTables<Tables>()
    .insertInto("features")
    .values(FEATURES)
    // An administrator may have made one of them by hand; that one stays as it is.
    .onConflict((conflict) => conflict.column("key").doNothing())
    .execute();
}

export async function down(db: Kysely<unknown>): Promise<void> {
  const keys = FEATURES.map((feature) => feature.key);
  await db.withTables<Tables>().deleteFrom("features").where("key", "in", keys).execute();
}
