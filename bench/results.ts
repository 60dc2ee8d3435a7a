import type { Sample } from "./measure.ts";

/** What is measured; each is an option of `--only`. */
export const SCENARIOS = ["no-op", "apply-200", "apply-2000", "delay", "ten", "wide"] as const;

export type Scenario = (typeof SCENARIOS)[number];

/** One start of ten runners on an empty database. */
export interface Round {
  readonly succeeded: number;
  readonly failed: number;
  /** From the start to the end of the last, in milliseconds. */
  readonly wall: number;
  /** Tables afterwards; 200 is right. */
  readonly tables: number;
}

/** One row of the table. */
export interface Row {
  readonly name: string;
  readonly version: string;
  readonly bytes: number | null;
  /** Why nothing could be measured; absent: something was. */
  readonly missing?: string;
  readonly samples: ReadonlyMap<Scenario, readonly Sample[]>;
  readonly rounds: readonly Round[];
  /** Scenarios that ended in an error, with the reason. */
  readonly failures: ReadonlyMap<Scenario, string>;
}

/** Middle, least and most of some numbers. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** @returns `null` where there is no number */
export function spreadOf(numbers: readonly number[]): Spread | null {
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  if (sorted.length === 0) return null;
  const half = Math.floor(sorted.length / 2);
  const median = sorted.length % 2 === 1 ? at(half) : (at(half - 1) + at(half)) / 2;
  return { median, min: at(0), max: at(sorted.length - 1) };
}

/** A figure of one row in one scenario. */
export function figure(row: Row, scenario: Scenario, of: keyof Sample): Spread | null {
  return spreadOf((row.samples.get(scenario) ?? []).map((sample) => sample[of]));
}
