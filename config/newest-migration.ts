import type { DatabaseSpec } from "./spec.ts";

/** The newest migration that this deploy leads a database to; undefined where none is known. */
export function newestMigration({
  migrations,
  runner,
}: Pick<DatabaseSpec, "migrations" | "runner">): string | undefined {
  return runner === undefined ? migrations.migrations.at(-1)?.name : runner.migrations.at(-1);
}
