import { type Environment, variable } from "../core/connection/connection-parts.ts";

/** Whether people see colours. Source: no-color.org; `TERM=dumb` shows escapes as text. */
export function wantsColour(env: Environment, terminal: boolean): boolean {
  return terminal && variable(env, "NO_COLOR") === undefined && env["TERM"] !== "dumb";
}

const RED = 31;
const GREEN = 32;
const YELLOW = 33;

/** Lines that are coloured as a whole: those of a comparison. */
const LINES: readonly (readonly [RegExp, number])[] = [
  [/^ *- /, RED],
  [/^ *\+ /, GREEN],
  [/^ *~ /, YELLOW],
];

/** First words that are coloured. Each says the same without its colour. */
const WORDS: readonly (readonly [RegExp, number])[] = [
  [/^(?:error|failed)\b/, RED],
  [/^(?:warning|notice|note|irreversible)\b/, YELLOW],
  [/^(?:applied|reverted|recorded|ok)\b/, GREEN],
];

/** A piece of output in its colour; what goes on in further lines stays plain. */
export function paint(text: string): string {
  const [first = "", ...rest] = text.split("\n");
  for (const [pattern, colour] of LINES) {
    if (pattern.test(first)) return [wrap(first, colour), ...rest].join("\n");
  }
  for (const [pattern, colour] of WORDS) {
    if (pattern.test(first)) return text.replace(pattern, (word) => wrap(word, colour));
  }
  return text;
}

function wrap(text: string, colour: number): string {
  return `\u001B[${colour}m${text}\u001B[39m`;
}
