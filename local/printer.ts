import { styleText } from "node:util";
import type { Line, Say, Tone } from "./say.ts";

export interface PrinterArgs {
  readonly write: (text: string) => void;
  readonly colour: boolean;
  /** Every subject, for the width of the first column. */
  readonly subjects: readonly string[];
}

const STYLES = {
  info: [],
  good: ["green"],
  bad: ["red"],
  notice: ["yellow"],
  output: ["dim"],
} as const satisfies Record<Tone, readonly Parameters<typeof styleText>[0][]>;

/** A mark for each tone, so that nothing is told by colour alone. */
const MARKS: Readonly<Record<Tone, string>> = {
  info: " ",
  good: "+",
  bad: "!",
  notice: "~",
  output: "|",
};

/** Prints what happens: a line for each, the subject before it, further lines indented below. */
export function makePrinter({ write, colour, subjects }: PrinterArgs): Say {
  const width = Math.max(...subjects.map((subject) => subject.length));
  const paint = (tone: Tone, text: string): string =>
    colour && STYLES[tone].length > 0 ? styleText([...STYLES[tone]], text) : text;
  return ({ subject, tone, text }: Line) => {
    const [first = "", ...rest] = text.split("\n");
    const indent = " ".repeat(width + 3);
    const lines = [`${subject.padEnd(width)} ${MARKS[tone]} `, first].join("");
    write(`${[paint(tone, lines), ...rest.map((line) => indent + line)].join("\n")}\n`);
  };
}
