import { expect } from "vitest";
import type { Outcome } from "./outcome.ts";
import type { TestStack, UpOptions } from "./test-stack.ts";

/** Expects that an operation ended well; what the CLI printed is the message. */
export function expectDone(outcome: Outcome): Outcome {
  expect(outcome.ok, outcome.output).toBe(true);
  return outcome;
}

/** `pulumi up` that ends well. */
export async function expectUp(stack: TestStack, options: UpOptions = {}): Promise<Outcome> {
  return expectDone(await stack.up(options));
}
