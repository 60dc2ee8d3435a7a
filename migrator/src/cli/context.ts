import type { Environment } from "../core/connection/connection-parts.ts";
import type { EventListener } from "../core/events.ts";
import { MigratorError } from "../core/migrator-error.ts";
import { ENV } from "../contract.ts";
import { variable } from "../core/connection/connection-parts.ts";
import type { Report } from "./output.ts";

/** What the action of a command gets besides its options. */
export interface CommandContext {
  readonly env: Environment;
  readonly signal: AbortSignal;
  readonly onEvent: EventListener;
}

/** What a command does: it returns its report or throws a MigratorError, and never prints. */
export type CommandAction = (context: CommandContext) => Promise<CommandOutcome>;

export interface CommandOutcome {
  readonly report: Report;
  /** A report that is printed and still means failure (`status --fail-on-pending`). */
  readonly failure?: MigratorError;
}

/** Options that every command has. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly connectTimeout: number;
}

/** The folder from `--migrations` or `MIGRATIONS_DIR`; `undefined`: neither is given. */
export function migrationsFolder(option: string | undefined, env: Environment): string | undefined {
  return option ?? variable(env, ENV.migrationsDir);
}

/** The same, for commands that cannot do without. */
export function requireMigrations(option: string | undefined, env: Environment): string {
  const folder = migrationsFolder(option, env);
  if (folder !== undefined) return folder;
  throw new MigratorError(
    "usage",
    `no folder of migrations is given; use --migrations DIR or ${ENV.migrationsDir}`,
  );
}
