import { SERVICES_FILE } from "@tidegate/migrator/contract";
import type { DatabaseSpec } from "../config/spec.ts";
import { type MigrationJobArgs, SERVICES_DIR, VERDICT_FILE } from "./database-job.ts";

/** How much earlier than the Job the runner gives up, in seconds, so that it can still report. */
export const REPORT_SECONDS = 30;

/**
 * The command that migrates.
 *
 * @param asked options by which it looks that a backup was taken; empty where none is asked for
 */
export function buildUpCommand(args: MigrationJobArgs, asked: readonly string[]): string[] {
  const { database } = args;
  const upTo = database.pinned?.keeps?.at(-1);
  return [
    "up",
    "--phase",
    args.phase,
    ...(upTo === undefined ? [] : ["--to", upTo]),
    "--ahead",
    database.ahead,
    ...(database.outOfOrder ? ["--out-of-order"] : []),
    "--expect-owner",
    "--verdict",
    VERDICT_FILE,
    ...asked,
    ...buildBounds(database, database.deadlineSeconds - REPORT_SECONDS),
    "--retries",
    String(database.retries),
    ...buildVersionsOptions(args),
  ];
}

/**
 * The bounds of a run of the runner, as options.
 *
 * @param deadlineSeconds of the whole run; a wait for locks gets at most half of it, so that its verdict
 *   still names who holds them.
 */
export function buildBounds(database: DatabaseSpec, deadlineSeconds: number): string[] {
  return [
    "--lock-wait",
    String(Math.min(database.lockWaitSeconds, Math.floor(deadlineSeconds / 2))),
    ...(database.statementTimeoutSeconds === undefined
      ? []
      : ["--statement-timeout", String(database.statementTimeoutSeconds)]),
    "--idle-in-transaction-timeout",
    String(database.idleInTransactionSeconds),
    "--deadline",
    String(deadlineSeconds),
  ];
}

/** It looks, and says with which commands to go on. */
export function buildStatusCommand(phase: MigrationJobArgs["phase"], byHand: string): string[] {
  return [
    "status",
    "--fail-on-pending",
    "--phase",
    phase,
    "--verdict",
    VERDICT_FILE,
    "--next",
    byHand,
  ];
}

/** Not the names themselves: every new image of a service would run the Job of every contract again. */
function buildVersionsOptions({ database, servicesConfigMap }: MigrationJobArgs): string[] {
  if (servicesConfigMap === undefined) return [];
  const file = `${SERVICES_DIR}/${SERVICES_FILE}`;
  return ["--services", file, "--older-versions", database.olderVersions];
}
