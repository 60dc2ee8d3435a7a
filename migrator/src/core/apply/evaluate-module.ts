import type { Transaction } from "kysely";

import type { BundledMigration } from "../../bundle/types.ts";
import { MigratorError } from "../migrator-error.ts";

/** A migration's `up` or `down`. The type of the tables is the migration's own business. */
export type MigrationFunction = (db: Transaction<unknown>) => unknown;

/**
 * Evaluates a compiled migration and returns its `up` or `down`.
 *
 * @param modules what it may import besides Node's own modules.
 * @param again how the reader of its error starts the run once more.
 * @throws MigratorError of kind `migration` where it imports anything else, throws, or lacks the function.
 */
export function evaluateMigration(
  migration: Pick<BundledMigration, "file" | "up">,
  direction: "up" | "down",
  modules: Readonly<Record<string, unknown>>,
  again = "run again",
): MigrationFunction {
  const fail = (message: string, cause?: unknown): MigratorError =>
    new MigratorError(
      "migration",
      message,
      {
        file: migration.file,
        state: "nothing of it was run",
        next: `correct the file and ${again}`,
      },
      { cause },
    );
  // Here and not as imports, so that a run without a TypeScript migration does not load them.
  const { createRequire, isBuiltin } = process.getBuiltinModule("node:module");
  const { compileFunction } = process.getBuiltinModule("node:vm");
  const requireNode = createRequire("file:///migration.cjs");
  const requireAllowed = (name: string): unknown => {
    if (Object.hasOwn(modules, name)) return modules[name];
    if (isBuiltin(name)) return requireNode(name);
    throw fail(
      `it imports ${name}; a migration imports kysely, Node's modules and files beside it, nothing else`,
    );
  };
  const module: { exports: Record<string, unknown> } = { exports: {} };
  try {
    const parameters = ["exports", "require", "module", "__filename", "__dirname"];
    const compiled = compileFunction(migration.up, parameters, { filename: migration.file });
    const values = [module.exports, requireAllowed, module, migration.file, "."];
    Reflect.apply(compiled, undefined, values);
  } catch (error) {
    if (error instanceof MigratorError) throw error;
    throw fail(`it fails while it loads: ${String(error)}`, error);
  }
  const found = module.exports[direction];
  if (!isMigrationFunction(found)) throw fail(`it exports no function \`${direction}\``);
  return found;
}

function isMigrationFunction(value: unknown): value is MigrationFunction {
  return typeof value === "function";
}
