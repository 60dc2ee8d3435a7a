import { appendFileSync } from "node:fs";

/**
 * Prints one line of a scenario: a figure, a duration, a sentence that the engine said. With
 * `TIDEGATE_E2E_REPORT=<file>` the line is also appended there.
 */
export function report(line: string): void {
  process.stdout.write(`${line}\n`);
  const file = process.env["TIDEGATE_E2E_REPORT"];
  if (file !== undefined) appendFileSync(file, `${line}\n`);
}

/** Seconds since `start` (of `performance.now()`), with one decimal. */
export function secondsSince(start: number): number {
  return Math.round((performance.now() - start) / 100) / 10;
}
