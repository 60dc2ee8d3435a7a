/**
 * The runner for programs that migrate from their own code: what the command `migrator` does, without
 * printing and without ending the process.
 */
export { bootstrap, type BootstrapRequest } from "./commands/bootstrap.ts";
export type { ConnectionRequest } from "./commands/connection-request.ts";
export { baseline, type BaselineRequest, type BaselineResult } from "./commands/baseline.ts";
export { create, type CreateRequest, type CreateResult } from "./commands/create.ts";
export { down, type DownRequest } from "./commands/down.ts";
export { history } from "./commands/history.ts";
export { repair, type RepairRequest, type RepairResult } from "./commands/repair.ts";
export { type RoundTrip, roundTrip, type RoundTripRequest } from "./commands/round-trip.ts";
export { status, type StatusRequest, type StatusResult } from "./commands/status.ts";
export { verify, type VerifyResult } from "./commands/verify.ts";
export { withdraw, type WithdrawRequest } from "./commands/withdraw.ts";
export { migrate, type MigrateOptions } from "./commands/up.ts";
export { type Advice, stackAdvice } from "./core/advice.ts";
export type { ScratchRequest } from "./commands/scratch-request.ts";
export type { CatalogDifference } from "./core/catalog/compare-catalogs.ts";
export { migrateAtStartup, type StartupOptions } from "./commands/startup.ts";
export type { BootstrapResult } from "./core/bootstrap/bootstrap.ts";
export type { ConnectionSettings, TlsMode, TlsSettings } from "./core/connection/settings.ts";
export type { DownChoice } from "./core/down/choose-rows.ts";
export type { DownResult } from "./core/run-down.ts";
export { readSettings } from "./core/connection/read-settings.ts";
export type { Blocker, EventListener, MigratorEvent } from "./core/events.ts";
export type { HistoryRow, Outcome } from "./core/history/history-row.ts";
export type { LoggedEvent } from "./core/history/read-events.ts";
export { type FailureDetails, type FailureKind, MigratorError } from "./core/migrator-error.ts";
export type { AppliedMigration, RunResult } from "./core/run-migrations.ts";
export { verdictOf } from "./core/verdict.ts";
