import type { MigratorEvent } from "../core/events.ts";
import type { MigratorError } from "../core/migrator-error.ts";
import { verdictOf } from "../core/verdict.ts";
import { describeEvent } from "./describe-event.ts";

/** What a command leaves on success, in both forms of output. */
export interface Report {
  /** For people. */
  readonly lines: readonly string[];
  /** For programs, one JSON line each. */
  readonly records: readonly Readonly<Record<string, unknown>>[];
  /** One line for the termination message. */
  readonly summary: string;
}

/** The one place that prints. */
export interface Output {
  readonly event: (event: MigratorEvent) => void;
  readonly report: (report: Report) => void;
  readonly failure: (error: MigratorError) => void;
}

/** Writes one piece of text; the process's streams, or a test's. */
export interface Streams {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/**
 * Output for people: progress and results on one stream, failures on the other.
 *
 * @param paint colours a piece of it; default: none
 */
export function humanOutput(
  streams: Streams,
  paint: (text: string) => string = (text) => text,
): Output {
  return {
    event: (event) => {
      const line = describeEvent(event);
      if (line !== null) streams.out(`${paint(line)}\n`);
    },
    report: ({ lines }) => {
      for (const line of lines) streams.out(`${paint(line)}\n`);
    },
    failure: (error) => streams.err(`${paint(`error: ${verdictOf(error)}`)}\n`),
  };
}

/** Output for programs and log collectors: one JSON object per line, all on one stream. */
export function jsonOutput(streams: Streams): Output {
  const print = (record: Readonly<Record<string, unknown>>): void =>
    streams.out(`${JSON.stringify({ time: new Date().toISOString(), ...record })}\n`);
  return {
    event: (event) => print({ ...event }),
    report: ({ records }) => {
      for (const record of records) print(record);
    },
    failure: (error) =>
      print({ event: "error", kind: error.kind, message: error.message, ...error.details }),
  };
}
