import type { DatabaseSpec } from "./spec.ts";

/** The newest migration that this deploy leads a database to; undefined where none is known. */
export function newestMigration({
  migrations,
  runner,
  pinned,
}: Pick<DatabaseSpec, "migrations" | "runner" | "pinned">): string | undefined {
  if (runner !== undefined) return runner.migrations.at(-1);
  return (pinned?.keeps ?? migrations.migrations.map(({ name }) => name)).at(-1);
}
