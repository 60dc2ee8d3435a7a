import type { Machine } from "./machine.ts";
import type { Spread } from "./results.ts";
import type { Sample } from "./measure.ts";
import type { Options } from "./options.ts";
import type { Row } from "./results.ts";

/** A floor's name and what it cost. */
export interface FloorRow {
  readonly name: string;
  readonly samples: readonly Sample[];
}

/** How many files were read and checked without a database, and how long that took. */
export interface Validation {
  readonly files: number;
  /** Of a whole process, in milliseconds. */
  readonly wall: Spread;
}

/** All that one run of the bench found. */
export interface Bench {
  readonly options: Options;
  readonly machine: Machine;
  readonly floors: readonly FloorRow[];
  readonly rows: readonly Row[];
  readonly validation: Validation | null;
}
