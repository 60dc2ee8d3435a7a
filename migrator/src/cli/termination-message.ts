import { writeFileSync } from "node:fs";

import { ENV, TERMINATION_MESSAGE_BYTES } from "../contract.ts";
import { type Environment, variable } from "../core/connection/connection-parts.ts";
import { cutToBytes } from "../core/verdict.ts";

/** Leaves the verdict where Kubernetes looks for it; elsewhere there is no such file and no verdict. */
export function leaveTerminationMessage(
  env: Environment,
  text: string,
  onProblem: (message: string) => void,
): void {
  const file = variable(env, ENV.terminationMessagePath);
  if (file === undefined) return;
  try {
    writeFileSync(file, cutToBytes(text, TERMINATION_MESSAGE_BYTES));
  } catch (error) {
    // What was done is done: a missing file must not turn success into failure.
    onProblem(`the termination message cannot be left: ${String(error)}`);
  }
}
