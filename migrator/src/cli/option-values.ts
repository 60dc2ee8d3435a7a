import { InvalidArgumentError } from "commander";
import type { HistoryChoice } from "../adopt/find-history.ts";
import { FOREIGN_TOOLS } from "../contract.ts";

/** A number of seconds, fractions allowed, above zero. */
export function seconds(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0 || text.trim() === "") {
    throw new InvalidArgumentError("Expected a number of seconds above 0.");
  }
  return value;
}

/** A number of seconds from zero. */
export function secondsOrNone(text: string): number {
  return text.trim() === "0" ? 0 : seconds(text);
}

/** A whole number above zero. */
export function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) {
    throw new InvalidArgumentError("Expected a whole number above 0.");
  }
  return value;
}

/** A whole number from zero. */
export function countOrNone(text: string): number {
  return text.trim() === "0" ? 0 : count(text);
}

/** Gathers an option that may be given several times. */
export function gather(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}

/** `TOOL` or `TOOL=TABLE`: the history of a tool whose table the gate reads. */
export function historyChoice(text: string): HistoryChoice {
  const [name = "", table] = text.split("=", 2);
  const tool = FOREIGN_TOOLS.find((each) => each === name);
  if (tool === undefined || table === "") {
    throw new InvalidArgumentError(`Expected TOOL or TOOL=TABLE with ${FOREIGN_TOOLS.join(", ")}.`);
  }
  return { tool, ...(table !== undefined && { table }) };
}
