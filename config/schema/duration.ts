import { z } from "zod";

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };
const PATTERN = /^([0-9]+)(s|m|h)$/;
const NOT_A_DURATION = 'must be a number of seconds, or a string such as "90s", "10m" or "1h"';

/**
 * A duration in whole seconds: a number of seconds, or a string such as `90s`, `10m`, `1h`.
 *
 * @param bounds allowed range in seconds, both ends included
 */
export function duration(bounds: { readonly min: number; readonly max: number }) {
  return z
    .union(
      [
        z.int().meta({ description: "Seconds." }),
        z
          .string()
          .regex(PATTERN, { error: NOT_A_DURATION })
          .meta({ description: "For example 90s, 10m or 1h." }),
      ],
      { error: NOT_A_DURATION },
    )
    .transform(toSeconds)
    .refine((seconds) => seconds >= bounds.min && seconds <= bounds.max, {
      error: (issue) =>
        `must be between ${inWords(bounds.min)} and ${inWords(bounds.max)}, not ${inWords(Number(issue.input))}`,
    });
}

function toSeconds(value: number | string): number {
  if (typeof value === "number") return value;
  const [, amount, unit] = PATTERN.exec(value) ?? [];
  return Number(amount) * (UNITS[unit ?? ""] ?? Number.NaN);
}

/** Seconds as they are written in a configuration: `90s`, `10m`, `1h`. */
export function inWords(seconds: number): string {
  return seconds % 3600 === 0 && seconds > 0
    ? `${seconds / 3600}h`
    : seconds % 60 === 0 && seconds > 0
      ? `${seconds / 60}m`
      : `${seconds}s`;
}
