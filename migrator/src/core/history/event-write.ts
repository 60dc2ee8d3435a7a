import { escapeLiteral } from "pg";

import type { BundledMigration, Phase } from "../../bundle/types.ts";
import { RUNNER_VERSION } from "../version.ts";
import { EVENTS } from "./events-table.ts";

/** What is the same for all migrations of one run. */
export interface RunIdentity {
  readonly batch: number;
  readonly gitCommit: string | null;
  /** Name of the pod; `null`: not in one. */
  readonly pod: string | null;
}

/** What was done with a migration. */
export type Direction = "up" | "down" | "baseline" | "adopt" | "repair" | "withdraw";

/** One line of the log, without what is the same for the whole run. */
export interface HistoryEvent {
  readonly name: string;
  readonly direction: Direction;
  readonly outcome: "done" | "failed";
  readonly phase: Phase | null;
  readonly checksum: string | null;
  /** Why it failed, or what a repair changed. */
  readonly detail: string | null;
}

/** The log's line of a migration. */
export function eventOf(
  { name, phase, checksum }: Pick<BundledMigration, "name" | "phase" | "checksum">,
  direction: Direction,
  outcome: "done" | "failed",
  detail: string | null = null,
): HistoryEvent {
  return { name, phase, checksum, direction, outcome, detail };
}

/**
 * The statement that logs an event.
 *
 * @param began SQL of the moment when it began
 * @param name SQL of its name, where that must be null unless something holds; default: the event's
 */
export function recordEvent(
  event: HistoryEvent,
  run: RunIdentity,
  began: string,
  name: string = text(event.name),
): string {
  const values = [
    name,
    text(event.direction),
    text(event.outcome),
    text(event.phase),
    text(event.checksum),
    run.batch,
    began,
    "session_user",
    text(run.pod),
    text(RUNNER_VERSION),
    text(run.gitCommit),
    text(event.detail),
  ];
  return `insert into ${EVENTS} (name, direction, outcome, phase, checksum, batch, started, who, pod, runner, git_commit, detail) values (${values.join(", ")})`;
}

/** A literal, or NULL. */
export function text(value: string | null): string {
  return value === null ? "null" : escapeLiteral(value);
}
