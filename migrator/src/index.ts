/**
 * The runner for programs that migrate from their own code: what the command `migrator` does, without
 * printing and without ending the process.
 */
export { bootstrap, type BootstrapRequest } from "./commands/bootstrap.ts";
export type { ConnectionRequest } from "./commands/connection-request.ts";
export { history } from "./commands/history.ts";
export { status, type StatusRequest, type StatusResult } from "./commands/status.ts";
export { migrate, type MigrateOptions } from "./commands/up.ts";
export type { BootstrapResult } from "./core/bootstrap/bootstrap.ts";
export type { ConnectionSettings, TlsMode, TlsSettings } from "./core/connection/settings.ts";
export { readSettings } from "./core/connection/read-settings.ts";
export type { Blocker, EventListener, MigratorEvent } from "./core/events.ts";
export type { HistoryRow, Outcome } from "./core/history/history-row.ts";
export { type FailureDetails, type FailureKind, MigratorError } from "./core/migrator-error.ts";
export type { AppliedMigration, RunResult } from "./core/run-migrations.ts";
export { verdictOf } from "./core/verdict.ts";
