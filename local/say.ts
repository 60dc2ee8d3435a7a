/** What a line tells. `output` is a service's own. */
export type Tone = "info" | "good" | "bad" | "notice" | "output";

/** One thing that happened. */
export interface Line {
  /** Whom it is about: `postgres`, a database or a service. */
  readonly subject: string;
  readonly tone: Tone;
  /** Never a secret; may have several lines. */
  readonly text: string;
}

/** Tells the developer what happens. Only `main.ts` hands out one that prints. */
export type Say = (line: Line) => void;
