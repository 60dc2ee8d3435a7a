import type { SchemaRequirement } from "@tidegate/migrator/contract";
import type { ForeignRunnerSpec } from "../config/spec.ts";
import type { DatabaseSpec } from "../config/spec.ts";

/** What must stand in the tool's own history; undefined where nobody knows how to read that. */
export function buildForeignSchema(
  database: Pick<DatabaseSpec, "name">,
  runner: Pick<ForeignRunnerSpec, "gate" | "migrations">,
  command: string,
): SchemaRequirement | undefined {
  if (runner.gate.by !== "history") return undefined;
  return {
    format: 2,
    database: database.name,
    command,
    migrations: runner.migrations,
    history: runner.gate.history,
  };
}

/** The runner's option that lets nobody but the owner write the tool's history. */
export function sealOption({ gate }: Pick<ForeignRunnerSpec, "gate">): readonly string[] {
  if (gate.by !== "history") return [];
  const { tool, table } = gate.history;
  return ["--seal", table === undefined ? tool : `${tool}=${table}`];
}
