import type { SchemaRequirement } from "@tidegate/migrator/contract";
import type { DatabaseSpec } from "../config/spec.ts";

/** What the pods of the database's services wait for. */
export function buildSchema(database: DatabaseSpec, migration: string): SchemaRequirement {
  const keeps = database.pinned?.keeps;
  return {
    format: 1,
    database: database.name,
    command: `pulumi up --replace '**::${migration}-job'`,
    migrations: database.migrations.migrations
      .filter((entry) => entry.phase === "expand")
      .map((entry) => entry.name)
      .filter((entry) => keeps?.includes(entry) ?? true),
    ...(database.pinned !== undefined && keeps === undefined && { upTo: "applied" }),
  };
}

/** Name of the newest migration of a phase that this deploy leads to; `none` where there is none. */
export function newestMigration(
  { migrations, pinned }: Pick<DatabaseSpec, "migrations" | "pinned">,
  phase: "expand" | "contract",
): string {
  const keeps = pinned?.keeps;
  const names = migrations.migrations.filter(
    (entry) => entry.phase === phase && (keeps?.includes(entry.name) ?? true),
  );
  return names.at(-1)?.name ?? "none";
}
